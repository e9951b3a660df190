import {
  type ArmContext,
  type Budget,
  defineExperiment,
  type HeatMapExhibit,
  type LinesExhibit,
  type Metrics,
  type Outcome,
  type Progress,
} from '@evenkeel/lab';
import { disjointParts, mnist, type Sequential } from '@evenkeel/nn';
import { slice } from '@evenkeel/tensor';
import { latencies } from '../../latencies.js';
import {
  denseNetwork,
  type Preparing,
  type Pruned,
  predictedMasks,
  randomFilters,
  strongestFilters,
  targetMasks,
  tunedStrongest,
} from './arms.js';
import { estimateReduction, measureGates } from './index.js';
import { type Epochs, Session } from './session.js';
import { classify, type StageProgress } from './training.js';

const epochsOf: Readonly<Record<Budget, Epochs>> = {
  full: { dense: 4, heads: 8, half: 2 },
  quick: { dense: 2, heads: 3, half: 1 },
};
/** Training digits that the saving is estimated on. */
const sampleCount = 1000;

/** What the targets save on training digits, before any head is trained. */
const estimate = (session: Session, dense: Sequential, r?: number): Promise<number> =>
  estimateReduction(
    session.gated(dense),
    [session.samples(sampleCount)],
    r === undefined ? undefined : { type: 'mass', r },
  );

async function measure(
  session: Session,
  dense: Sequential,
  { model, mask, call }: Pruned,
  estimatedReduction: number,
): Promise<Metrics> {
  const { images } = session.test;
  const { testAccuracy } = await classify(model, session.test, mask);
  const { reduction, gates } = await measureGates(model, [images], mask);
  const [whole, less] = await latencies([(digit) => dense.call(digit), call], slice(images, [0], [1]));
  return {
    testAccuracy,
    reduction,
    estimatedReduction,
    estimateError: Math.abs(estimatedReduction - reduction),
    maskAccuracy: gates.reduce((sum, { accuracy }) => sum + accuracy, 0) / gates.length,
    maskLead: Math.min(...gates.map(({ accuracy, majority }) => accuracy - majority)),
    latency: less! / whole!,
  };
}

/** Means of several measurements. */
const meanOf = (all: readonly Metrics[]): Metrics =>
  Object.fromEntries(
    Object.keys(all[0]!).map((name) => [name, all.reduce((sum, each) => sum + each[name]!, 0) / all.length]),
  );

/** How often digits of each class use the filters of the last gate. */
async function useByClass(session: Session, { model, mask }: Pruned): Promise<HeatMapExhibit> {
  const { used } = await classify(model, session.test, mask);
  const { labels } = session;
  const filters = used.length / labels.length;
  const sums = Array.from({ length: 10 }, () => Array<number>(filters).fill(0));
  const digits = Array<number>(10).fill(0);
  for (let i = 0; i < labels.length; i++) {
    const label = Number(labels[i]);
    digits[label]!++;
    for (let filter = 0; filter < filters; filter++)
      sums[label]![filter]! += Number(used[i * filters + filter]);
  }
  return {
    kind: 'heat map',
    title: 'How often a digit uses each filter of the third layer',
    rowAxis: 'digit',
    columnAxis: 'filter',
    values: sums.map((row, label) => row.map((sum) => sum / Math.max(1, digits[label]!))),
  };
}

/** The saving that is to be expected for each r. */
async function savings(session: Session, dense: Sequential): Promise<LinesExhibit> {
  const points: [number, number][] = [];
  for (const r of [0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 1])
    points.push([r, await estimate(session, dense, r)]);
  return {
    kind: 'lines',
    title: 'Saving by r, estimated before training',
    xAxis: 'r',
    yAxis: 'multiply-adds saved',
    lines: [{ label: 'target masks on training digits', points }],
  };
}

/** The same work, with the number of all steps. */
async function* outOf<Result>(
  steps: number,
  work: AsyncGenerator<StageProgress, Result, void>,
): AsyncGenerator<Progress, Result, void> {
  let next = await work.next();
  for (; !next.done; next = await work.next()) yield { ...next.value, steps };
  return next.value;
}

/** Trains what an arm needs, up to the given step, and measures what comes of it. */
const pruneBy = (
  prepare: (session: Session) => Preparing,
  end: keyof Session['steps'],
  { isEstimated = false } = {},
) =>
  async function* run({ data: session }: ArmContext<Session>): AsyncGenerator<Progress, Outcome, void> {
    const steps = session.steps[end];
    const prepared = yield* outOf(steps, prepare(session));
    const dense = yield* outOf(steps, session.dense.get());
    const estimated = await estimate(session, dense);
    const all: Metrics[] = [];
    for (const pruned of prepared) all.push(await measure(session, dense, pruned, estimated));
    const metrics = meanOf(all);
    // Arms whose training others have done already have not told anything yet.
    yield { step: steps, steps, metrics };
    const use = await useByClass(session, prepared[0]!);
    return { metrics, exhibits: isEstimated ? [use, await savings(session, dense)] : [use] };
  };

export const experiment = defineExperiment<Session>({
  paper: 'ftwt',
  question: 'Can a layer tell from its input which of its filters it will not need?',
  data: {
    description:
      'Handwritten digits of MNIST, 6,000 to train on and 2,000 held out. Convolutions of stride 2 with 16, 32 and 32 channels, ' +
      'batch normalization and ReLU, and a linear layer; SGD with momentum 0.9 in batches of 64. Dense: 4 epochs at 0.05, a tenth ' +
      'of that in the last 30 %, weight decay 5e-4. Then gates behind the second and third layer, r = 0.7, without a softmax: heads ' +
      'learn for 8 epochs at 0.1, a tenth in the last one, while the network stays as it is. Static masks keep as many filters of each layer as ' +
      'FTWT on average. Fine-tuning: 4 epochs at 0.01, a tenth in the last one; heads learn in the first two. A seed is one of digits, weights and order.',
    load: async ({ seed, budget, signal }) => {
      const { train: first, test } = await mnist();
      const { train } = disjointParts(first, { train: 6000 }, seed);
      return new Session({ train, test, seed, epochs: epochsOf[budget], signal });
    },
  },
  arms: [
    {
      name: 'dense',
      label: 'dense',
      role: 'baseline',
      description: 'Nothing is left out.',
      live: true,
      run: pruneBy(denseNetwork, 'dense'),
    },
    {
      name: 'ftwt',
      label: 'FTWT',
      role: 'method',
      description:
        'Heads choose the filters of each digit. Its time is that of one digit with the weights of as many filters gathered as a digit uses on average.',
      live: true,
      run: pruneBy(predictedMasks('heads'), 'heads', { isEstimated: true }),
    },
    {
      name: 'static',
      label: 'static mask',
      role: 'baseline',
      description:
        'As many filters, those that respond most on average over training digits; all others are removed.',
      live: true,
      run: pruneBy(strongestFilters, 'heads'),
    },
    {
      name: 'random',
      label: 'random masks',
      role: 'baseline',
      description: 'As many filters, drawn at random: means of five masks.',
      live: false,
      run: pruneBy(randomFilters, 'heads'),
    },
    {
      name: 'target',
      label: 'target masks',
      role: 'ablation',
      description:
        'The masks that heads are to predict, made from the layers that are to be skipped: the most that heads can reach, without saving anything.',
      live: false,
      run: pruneBy(targetMasks, 'dense'),
    },
    {
      name: 'ftwt-tuned',
      label: 'FTWT, fine-tuned',
      role: 'method',
      description: 'FTWT and then fine-tuning of network and heads.',
      live: false,
      run: pruneBy(predictedMasks('tuned'), 'tuned'),
    },
    {
      name: 'static-tuned',
      label: 'static mask, fine-tuned',
      role: 'baseline',
      description:
        'As many filters as fine-tuned FTWT uses, by a static mask, and then fine-tuning of the network.',
      live: false,
      run: pruneBy(tunedStrongest, 'tunedAfter'),
    },
    {
      name: 'softmax',
      label: 'FTWT with softmax',
      role: 'ablation',
      description: 'Heads with the softmax of the paper, at a rate of 1.',
      live: false,
      run: pruneBy(predictedMasks('softmaxHeads'), 'heads'),
    },
  ],
  seeds: [0, 1, 2, 3, 4],
  metrics: [
    { name: 'testAccuracy', label: 'test accuracy', unit: 'fraction', better: 'higher' },
    { name: 'reduction', label: 'multiply-adds saved', unit: 'fraction', better: 'higher' },
    {
      name: 'estimatedReduction',
      label: 'saving estimated from target masks before heads are trained',
      unit: 'fraction',
      better: 'neither',
    },
    {
      name: 'estimateError',
      label: 'distance of saving and estimate',
      unit: 'fraction',
      better: 'lower',
    },
    {
      name: 'maskAccuracy',
      label: 'filters for which mask and target agree',
      unit: 'fraction',
      better: 'higher',
    },
    {
      name: 'maskLead',
      label: 'the same beyond the best mask for all digits, in the worse layer',
      unit: 'fraction',
      better: 'higher',
    },
    { name: 'latency', label: 'time of one digit, of the dense network', unit: 'fraction', better: 'lower' },
  ],
  claims: [
    {
      statement:
        'Filters chosen by digit keep more accuracy than as many fixed ones: five points more than those that respond most, and no less than random ones.',
      conditions: [
        { metric: 'testAccuracy', arm: 'ftwt', minus: 'static', over: 'mean', atLeast: 0.05 },
        { metric: 'testAccuracy', arm: 'ftwt', minus: 'random', over: 'mean', atLeast: 0 },
      ],
    },
    {
      statement: 'The saving is known before training, to six in a hundred.',
      conditions: [{ metric: 'estimateError', arm: 'ftwt', over: 'every-seed', atMost: 0.06 }],
    },
    {
      statement:
        'Heads know something of the digit: in every layer they are right more often than the best mask for all.',
      conditions: [{ metric: 'maskLead', arm: 'ftwt', over: 'every-seed', atLeast: 0.001 }],
    },
    {
      statement: 'The filters that respond most are enough: with the target masks accuracy is 90 % and more.',
      conditions: [{ metric: 'testAccuracy', arm: 'target', over: 'every-seed', atLeast: 0.9 }],
    },
    {
      statement:
        'After fine-tuning of both, filters chosen by digit are still at least as good as fixed ones.',
      conditions: [
        { metric: 'testAccuracy', arm: 'ftwt-tuned', minus: 'static-tuned', over: 'mean', atLeast: 0 },
      ],
    },
    {
      statement: 'VGG-16 loses 0.09 points of accuracy on CIFAR-10 with 56 % fewer multiply-adds.',
      notTested: 'It takes hundreds of epochs of a deep network, which are hours on a processor.',
    },
  ],
  curves: ['testAccuracy'],
  liveSeconds: 20,
});
