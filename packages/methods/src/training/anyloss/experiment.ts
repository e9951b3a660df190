import {
  type ArmContext,
  type Budget,
  defineExperiment,
  type LinesExhibit,
  type Metrics,
  type Progress,
} from '@evenkeel/lab';
import {
  binaryCrossEntropy,
  imbalancedBinary,
  meanSquaredError,
  repeat,
  sgd,
  toTensors,
  train,
} from '@evenkeel/nn';
import { cast, compile, matMul, type Tensor, zeros } from '@evenkeel/tensor';
import { anyLoss, type Confusion, confusion, confusionMetric } from './index.js';

const features = 10;
/** Of positives: even classes, and then ever rarer ones. The last one is what claims are about. */
const shares = [0.5, 0.2, 0.08] as const;
const rare = shares[2];
const learningRate = 0.1;
/** Full-batch steps. */
const stepsOf: Readonly<Record<Budget, number>> = { full: 1000, quick: 300 };
/** Steps between two measurements on the test set. */
const measureEvery = 50;

interface Samples {
  /** `[samples, features]`, float64, standardized. */
  readonly inputs: Tensor;
  /** `[samples]`, int32: 1 for positives. */
  readonly labels: Tensor;
}

/** Training and test samples by the share of positives. */
type Tasks = ReadonlyMap<number, { readonly train: Samples; readonly test: Samples }>;

function loadTasks({ seed }: { seed: number }): Tasks {
  const taskOf = (positiveShare: number) => {
    const { train: forTraining, test } = imbalancedBinary({ seed, positiveShare, features });
    return { train: toTensors(forTraining.columns), test: toTensors(test.columns) };
  };
  return new Map(shares.map((share) => [share, taskOf(share)]));
}

/** A linear model, all zeros at first, as in the paper. */
interface LinearModel {
  readonly weight: Tensor;
  readonly bias: Tensor;
}

const start = (): LinearModel => ({ weight: zeros([features, 1], 'float64'), bias: zeros([1], 'float64') });

/** Logits `[samples]`. */
const scores = ({ weight, bias }: LinearModel, inputs: Tensor): Tensor =>
  matMul(inputs, weight)
    .add(bias)
    .reshape([inputs.length(0)]);

type LogitLoss = (logits: Tensor, labels: Tensor) => Tensor;

const bce: LogitLoss = (logits, labels) => binaryCrossEntropy(logits, cast(labels, logits.dtype));
const mse: LogitLoss = (logits, labels) => meanSquaredError(logits.sigmoid(), cast(labels, logits.dtype));

/** Cross-entropy in which both classes count alike: the usual remedy for rare positives. */
const weightedBce: LogitLoss = (logits, labels) => {
  const y = cast(labels, logits.dtype);
  const positives = y.sum();
  const weights = y.div(positives).add(y.neg().add(1).div(positives.neg().add(y.size)));
  return binaryCrossEntropy(logits, y, { reduction: 'none' }).mul(weights).sum().div(2);
};

const [accuracyOf, f1Of, balancedOf, gmeanOf] = (
  ['accuracy', 'fbeta', 'balancedAccuracy', 'gmean'] as const
).map((name) => confusionMetric(name)) as [
  (counts: Confusion) => Tensor,
  (counts: Confusion) => Tensor,
  (counts: Confusion) => Tensor,
  (counts: Confusion) => Tensor,
];

/** Of probabilities above 1/2, or above a threshold of one's own by shifting the logits. */
const measure = compile((model: LinearModel, { inputs, labels }: Samples, shift: Tensor) => {
  const counts = confusion(scores(model, inputs).sub(shift).sigmoid(), labels);
  return {
    f1: f1Of(counts),
    balancedAccuracy: balancedOf(counts),
    gmean: gmeanOf(counts),
    accuracy: accuracyOf(counts),
  };
});

const logitsOf = compile((model: LinearModel, inputs: Tensor) => scores(model, inputs));

async function metricsOf(
  model: LinearModel,
  samples: Samples,
  shift = zeros([], 'float64'),
): Promise<Metrics> {
  const measured = Object.entries(await measure(model, samples, shift));
  return Object.fromEntries(
    await Promise.all(measured.map(async ([name, value]) => [name, await value.item()] as const)),
  );
}

/** The logit above which samples must be called positive for the best F1 on the training samples. */
async function bestShift(model: LinearModel, { inputs, labels }: Samples): Promise<Tensor> {
  const logits = Array.from(await (await logitsOf(model, inputs)).data(), Number);
  const y = await labels.data();
  const ranked = logits
    .map((logit, i) => ({ logit, positive: Number(y[i]) }))
    .sort((a, b) => b.logit - a.logit);
  const positives = ranked.reduce((total, { positive }) => total + positive, 0);
  let [tp, best, shift] = [0, 0, 0];
  ranked.slice(0, -1).forEach(({ logit, positive }, i) => {
    tp += positive;
    const f1 = (2 * tp) / (positives + i + 1);
    if (f1 > best) [best, shift] = [f1, (logit + ranked[i + 1]!.logit) / 2];
  });
  return zeros([], 'float64').add(shift);
}

/** Full-batch gradient descent on the loss. `chooseThreshold`: on the training samples, instead of 1/2. */
const trainOn = (loss: LogitLoss, { chooseThreshold = false } = {}) =>
  async function* run({ data, budget, signal }: ArmContext<Tasks>): AsyncGenerator<Progress, Metrics, void> {
    const [stepsEach, results] = [stepsOf[budget], new Map<number, Metrics>()];
    for (const [at, share] of shares.entries()) {
      const { train: samples, test } = data.get(share)!;
      for await (const { step, model, loss: value } of train({
        model: start(),
        loss: (model: LinearModel, batch: Samples) => loss(scores(model, batch.inputs), batch.labels),
        optimizer: sgd({ learningRate }),
        batches: repeat(samples),
        steps: stepsEach,
        signal,
      })) {
        if (step % measureEvery !== 0) continue;
        const shift = chooseThreshold ? await bestShift(model, samples) : undefined;
        const measured = await metricsOf(model, test, shift);
        results.set(share, { ...measured, loss: value });
        yield {
          step: at * stepsEach + step,
          steps: shares.length * stepsEach,
          metrics: share === rare ? { ...measured, loss: value } : {},
          exhibits: [byShare(results)],
        };
      }
    }
    const metrics = results.get(rare)!;
    return { ...metrics, f1Change: metrics.f1! - results.get(shares[0])!.f1! };
  };

const byShare = (results: ReadonlyMap<number, Metrics>): LinesExhibit => ({
  kind: 'lines',
  title: 'Test F1 by share of positives',
  xAxis: 'positives (%)',
  yAxis: 'test F1',
  lines: [{ label: 'F1', points: [...results].map(([share, { f1 }]) => [100 * share, f1!] as const) }],
});

const onLogits = (...[metric, options]: Parameters<typeof anyLoss>) =>
  anyLoss(metric, { ...options, from: 'logits' });

export const experiment = defineExperiment<Tasks>({
  paper: 'anyloss',
  question: 'Does a linear model get a better metric when it is trained on that metric?',
  data: {
    description:
      'Two classes in 10 standard normal features, of which three are shifted by 1 for positives; 8 % of 2,000 training ' +
      'and 4,000 test samples are positive, and 50 % and 20 % in two further sets. A linear model, zeros at first, full-batch gradient descent for 1,000 steps ' +
      '(quick: 300), learning rate 0.1, float64, steepness 73, threshold 1/2 unless said.',
    load: loadTasks,
  },
  arms: [
    {
      name: 'bce',
      label: 'cross-entropy',
      role: 'baseline',
      description: 'Binary cross-entropy.',
      live: true,
      run: trainOn(bce),
    },
    {
      name: 'mse',
      label: 'squared error',
      role: 'baseline',
      description: 'Squared error of the probability.',
      live: false,
      run: trainOn(mse),
    },
    {
      name: 'bce-threshold',
      label: 'cross-entropy, chosen threshold',
      role: 'baseline',
      description:
        'The same cross-entropy; the threshold with the best F1 on the training samples replaces 1/2.',
      live: false,
      run: trainOn(bce, { chooseThreshold: true }),
    },
    {
      name: 'bce-weighted',
      label: 'cross-entropy, weighted classes',
      role: 'baseline',
      description: 'Cross-entropy in which both classes count alike, however rare.',
      live: false,
      run: trainOn(weightedBce),
    },
    {
      name: 'accuracy',
      label: 'AnyLoss accuracy',
      role: 'method',
      description: 'One minus the soft accuracy.',
      live: false,
      run: trainOn(onLogits('accuracy')),
    },
    {
      name: 'f1',
      label: 'AnyLoss F1',
      role: 'method',
      description: 'One minus the soft F1.',
      live: true,
      run: trainOn(onLogits('fbeta')),
    },
    {
      name: 'balanced',
      label: 'AnyLoss balanced accuracy',
      role: 'method',
      description: 'One minus the soft balanced accuracy.',
      live: true,
      run: trainOn(onLogits('balancedAccuracy')),
    },
    {
      name: 'gmean',
      label: 'AnyLoss G-mean',
      role: 'method',
      description: 'One minus the soft G-mean.',
      live: false,
      run: trainOn(onLogits('gmean')),
    },
    ...[5, 10, 30].map((steepness) => ({
      name: `f1-steepness-${steepness}`,
      label: `AnyLoss F1, L = ${steepness}`,
      role: 'ablation' as const,
      description: `One minus the soft F1 with the steepness ${steepness} in place of 73.`,
      live: false,
      run: trainOn(onLogits('fbeta', { steepness })),
    })),
  ],
  seeds: [0, 1, 2, 3, 4],
  metrics: [
    { name: 'f1', label: 'test F1', unit: 'fraction', better: 'higher' },
    { name: 'balancedAccuracy', label: 'test balanced accuracy', unit: 'fraction', better: 'higher' },
    { name: 'gmean', label: 'test G-mean', unit: 'fraction', better: 'higher' },
    { name: 'accuracy', label: 'test accuracy', unit: 'fraction', better: 'higher' },
    { name: 'loss', label: 'training loss', unit: 'number', better: 'lower' },
    { name: 'f1Change', label: 'test F1 at 8 % positives minus at 50 %', unit: 'fraction', better: 'higher' },
  ],
  claims: [
    {
      statement: 'Trained on F1, the model has a better F1 than with cross-entropy or squared error.',
      conditions: [
        { metric: 'f1', arm: 'f1', minus: 'bce', over: 'mean', atLeast: 0.05 },
        { metric: 'f1', arm: 'f1', minus: 'mse', over: 'mean', atLeast: 0 },
      ],
    },
    {
      statement: 'Trained on balanced accuracy, it has a better balanced accuracy than with either.',
      conditions: [
        { metric: 'balancedAccuracy', arm: 'balanced', minus: 'bce', over: 'mean', atLeast: 0.1 },
        { metric: 'balancedAccuracy', arm: 'balanced', minus: 'mse', over: 'mean', atLeast: 0 },
      ],
    },
    {
      statement: 'What training on F1 gains over cross-entropy grows as positives get rarer.',
      conditions: [{ metric: 'f1Change', arm: 'f1', minus: 'bce', over: 'mean', atLeast: 0.03 }],
    },
    {
      statement: 'The result hardly depends on the steepness.',
      conditions: [
        { metric: 'f1', arm: 'f1-steepness-5', minus: 'f1', over: 'mean', atLeast: -0.05 },
        { metric: 'f1', arm: 'f1-steepness-5', minus: 'f1', over: 'mean', atMost: 0.05 },
        { metric: 'f1', arm: 'f1-steepness-30', minus: 'f1', over: 'mean', atLeast: -0.05 },
        { metric: 'f1', arm: 'f1-steepness-30', minus: 'f1', over: 'mean', atMost: 0.05 },
      ],
    },
    {
      statement: 'Over 102 tabular data sets, the loss of a metric is best at it more often than the others.',
      notTested: 'The data sets are not part of this repository.',
    },
  ],
  curves: ['f1', 'balancedAccuracy', 'accuracy'],
  liveSeconds: 6,
});
