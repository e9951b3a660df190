import {
  type ArmContext,
  type Budget,
  defineExperiment,
  type Metrics,
  type Outcome,
  type Progress,
} from '@evenkeel/lab';
import {
  adamW,
  chain,
  clipByGlobalNorm,
  cosineSchedule,
  crossEntropy,
  loader,
  randomSource,
  type TensorBatch,
  type TokenWindows,
  tokenWindows,
  train,
  warmUp,
} from '@evenkeel/nn';
import { compile, randomKey, slice, type Tensor } from '@evenkeel/tensor';
import { CharacterTransformer, windowLength, write } from './model.js';
import { countNGrams, type NGram, nGramLoss } from './nGram.js';
import { characters, loadSpeeches, type Speeches } from './speeches.js';

type Batch = TensorBatch<TokenWindows>;

const stepsOf: Readonly<Record<Budget, number>> = { full: 1200, quick: 400 };
const batchSize = 32;
const learningRate = 6e-3;
const warmUpSteps = 50;
const measureEvery = 50;

/** Windows in which losses are measured: on the way, and in the end. */
const measured = { validation: 256, test: 2048 };
/** Places of a window that count, the later ones: a window's first characters have nothing before them. */
const counted = windowLength / 2;

/** How far apart windows begin that are spread evenly over a text. */
const strideOf = (tokens: ArrayLike<number>, windows: number): number =>
  Math.floor((tokens.length - windowLength - 1) / windows);

/** The places that are predicted in those windows, the same for all models. */
function measuredPlaces(tokens: ArrayLike<number>, windows: number): Int32Array {
  const stride = strideOf(tokens, windows);
  return Int32Array.from({ length: windows * counted }, (_, i) => {
    const window = Math.floor(i / counted);
    return window * stride + windowLength - counted + (i % counted) + 1;
  });
}

const lossOf = (model: CharacterTransformer, { inputs, targets }: Batch): Tensor =>
  crossEntropy(model.call(inputs), targets);

const countedLoss = compile((model: CharacterTransformer, { inputs, targets }: Batch) =>
  slice(crossEntropy(model.call(inputs), targets, { reduction: 'none' }), [
    undefined,
    windowLength - counted,
  ]).mean(),
);

/** Mean loss of a network over the measured places of a text, in nats a character. */
async function measureLoss(
  model: CharacterTransformer,
  tokens: Int32Array,
  windows: number,
): Promise<number> {
  const size = 128;
  const spread = tokenWindows(tokens, windowLength, { stride: strideOf(tokens, windows) });
  let total = 0;
  let batches = 0;
  for await (const batch of loader(spread, { batchSize: size, seed: 0, shuffle: false }).epoch(0)) {
    if (batches === windows / size) break;
    total += await (await countedLoss(model, batch)).item();
    batches++;
  }
  return total / batches;
}

async function* trainTransformer({
  data: speeches,
  seed,
  budget,
  signal,
}: ArmContext<Speeches>): AsyncGenerator<Progress, Outcome, void> {
  const steps = stepsOf[budget];
  let metrics: Metrics = {};
  let sample = '';
  for await (const { step, loss, model } of train({
    model: new CharacterTransformer(randomKey(seed)),
    loss: lossOf,
    optimizer: chain(
      clipByGlobalNorm(1),
      adamW({
        learningRate: warmUp(cosineSchedule(learningRate, steps - warmUpSteps), warmUpSteps),
        beta2: 0.99,
        weightDecay: 0.1,
      }),
    ),
    batches: loader(tokenWindows(speeches.train, windowLength), { batchSize, seed }),
    steps,
    signal,
  })) {
    metrics = { loss };
    if (step % measureEvery === 0 || step === steps) {
      const validationLoss = await measureLoss(model, speeches.validation, measured.validation);
      metrics = { loss, validationLoss };
    }
    yield { step, steps, metrics };
    if (step < steps) continue;
    const heldOutLoss = await measureLoss(model, speeches.test, measured.test);
    metrics = { ...metrics, heldOutLoss };
    const random = randomSource(seed).fork('sample');
    sample = await write(model, 'We ', { length: 400, temperature: 0.8, random });
  }
  return {
    metrics,
    exhibits: [{ kind: 'text', title: '400 characters after “We ”, at temperature 0.8', text: sample }],
  };
}

/** Chooses what is added to the counts, and the order of at most `longest`, by the validation part. */
const countUpTo = (longest: number) =>
  async function* run({ data: speeches }: ArmContext<Speeches>): AsyncGenerator<Progress, Metrics, void> {
    const lossIn = (part: keyof Speeches, model: NGram, k: number) =>
      nGramLoss(model, k, speeches[part], measuredPlaces(speeches[part], measured.test));
    const worst = Number.POSITIVE_INFINITY;
    let best = { validationLoss: worst, heldOutLoss: worst, loss: worst };
    for (let order = 1; order <= longest; order++) {
      const model = countNGrams(speeches.train, characters.size, order);
      const [k, validationLoss] = [0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1]
        .map((each) => [each, lossIn('validation', model, each)] as const)
        .reduce((least, each) => (each[1] < least[1] ? each : least));
      if (validationLoss < best.validationLoss)
        best = { validationLoss, heldOutLoss: lossIn('test', model, k), loss: lossIn('train', model, k) };
      const { loss } = best;
      yield { step: order, steps: longest, metrics: { validationLoss: best.validationLoss, loss } };
    }
    return best;
  };

export const experiment = defineExperiment<Speeches>({
  paper: 'sotu-transformer',
  question: 'Does a small transformer learn to write like presidents do, better than counts of characters?',
  data: {
    description:
      '10.8 million characters of printable ASCII in 233 State of the Union addresses: by seed, 23 random addresses are ' +
      'held out, 23 others are for choosing, and 187 for training. Losses are in nats a character, over 65,536 places of ' +
      'the held-out addresses, the same ones for all models.',
    load: loadSpeeches,
  },
  arms: [
    {
      name: 'trigram',
      label: 'Trigram',
      role: 'baseline',
      description:
        'Counts of what followed the last two characters, each with a constant added; order and constant chosen on the ' +
        'validation part.',
      live: true,
      run: countUpTo(3),
    },
    {
      name: 'transformer',
      label: 'Transformer',
      role: 'method',
      description:
        'Two blocks, 96 wide with 4 heads, over the last 64 characters: 1,200 steps (quick: 400) of AdamW with 32 windows ' +
        'each, a quarter of the training part in all.',
      live: true,
      run: trainTransformer,
    },
    {
      name: 'long-n-gram',
      label: 'n-gram',
      role: 'baseline',
      description:
        'The same counts of up to the last five characters, which see all of the training part at once.',
      live: false,
      run: countUpTo(6),
    },
  ],
  seeds: [0, 1, 2],
  metrics: [
    { name: 'heldOutLoss', label: 'held-out loss', unit: 'number', better: 'lower' },
    { name: 'validationLoss', label: 'validation loss', unit: 'number', better: 'lower' },
    { name: 'loss', label: 'training loss', unit: 'number', better: 'lower' },
  ],
  claims: [
    {
      statement: 'A pass through a quarter of the text brings a small transformer to 1.45 nats a character.',
      conditions: [{ metric: 'heldOutLoss', arm: 'transformer', over: 'every-seed', atMost: 1.45 }],
    },
    {
      statement: 'It predicts better than a trigram that has counted all of the text.',
      conditions: [
        { metric: 'heldOutLoss', arm: 'transformer', minus: 'trigram', over: 'every-seed', atMost: -0.2 },
      ],
    },
    {
      statement: 'It predicts better than counts of all that five characters back foretell.',
      conditions: [
        { metric: 'heldOutLoss', arm: 'transformer', minus: 'long-n-gram', over: 'every-seed', atMost: 0 },
      ],
    },
  ],
  curves: ['validationLoss', 'loss'],
  liveSeconds: 90,
});
