import type { ArmContext, Exhibit, Metrics, Progress } from '@evenkeel/lab';
import { adam, linearRegression, mapParameters, repeat, scaledNormal, toTensors, train } from '@evenkeel/nn';
import { compile, exp, matMul, randomKey, type Tensor, tensor, zeros, zerosLike } from '@evenkeel/tensor';
import { exactBestResponse, StnLinear, selfTuning } from './index.js';

interface Samples {
  /** `[n, features]` */
  readonly inputs: Tensor;
  /** `[n]` */
  readonly targets: Tensor;
}

/** Ridge regression, the best response of which is known. */
export interface RidgeTask {
  readonly train: Samples;
  readonly validation: Samples;
  /** Validation error of the exact response on a grid of λ. */
  readonly grid: readonly (readonly [lambda: number, error: number])[];
  /** The least of these. */
  readonly best: readonly [lambda: number, error: number];
}

/** How ridge regression went: what it was tuned by, step by step, and what came of it. */
export interface RidgeOutcome {
  readonly metrics: Metrics;
  readonly exhibits: readonly Exhibit[];
  readonly schedule: readonly number[];
}

const dtype = 'float64';
const learningRate = 0.02;
const perturbations = 64;

/** Weights `[…, features]` → predictions `[…, n]`. */
const predictions = ({ inputs }: Samples, weights: Tensor) =>
  matMul(weights.reshape([-1, inputs.length(1)]), inputs.transpose());

/** Mean squared error of weights `[rows, features]`, `[rows]`. */
const errorsOf = (samples: Samples, weights: Tensor) =>
  predictions(samples, weights).sub(samples.targets).square().mean({ axis: 1 });

/**
 * Mean squared error plus e^λ |w|²: n times as much penalty as in the sum of squares, of which `exactBestResponse` knows the
 * minimum.
 */
const penalized = (samples: Samples, weights: Tensor, lambda: Tensor) =>
  errorsOf(samples, weights)
    .add(exp(lambda).mul(weights.square().sum({ axis: 1 })))
    .mean();

/** Validation errors of the exact response at each λ. */
const exactErrors = compile((task: Pick<RidgeTask, 'train' | 'validation'>, lambdas: Tensor) => {
  const { inputs, targets } = task.train;
  const exact = exactBestResponse(inputs, targets);
  return errorsOf(task.validation, exact.weights(lambdas.add(Math.log(inputs.length(0)))));
});

/** Validation errors of the network's response at each λ `[n]`. */
const ownErrors = compile(
  (network: StnLinear, { validation }: Pick<RidgeTask, 'validation'>, lambdas: Tensor) =>
    errorsOf(validation, weightsAt(network, lambdas.reshape([-1, 1]))),
);

const weightsAt = (network: StnLinear, lambda: Tensor) =>
  network.response(lambda).weight.reshape([lambda.length(0), -1]);

const numbersOf = async (x: Promise<Tensor>): Promise<number[]> => Array.from(await (await x).data(), Number);

export async function loadRidge(seed: number): Promise<RidgeTask> {
  const data = linearRegression({ seed });
  const task = { train: toTensors(data.train.columns), validation: toTensors(data.validation.columns) };
  const lambdas = Array.from({ length: 61 }, (_, i) => -8 + i / 5);
  const errors = await numbersOf(exactErrors(task, tensor(lambdas, dtype)));
  const grid = lambdas.map((lambda, i) => [lambda, errors[i]!] as const);
  return { ...task, grid, best: grid.reduce((a, b) => (b[1] < a[1] ? b : a)) };
}

async function measure(task: RidgeTask, lambda: number, ownError?: number): Promise<Metrics> {
  const { train, validation } = task;
  const [error] = await numbersOf(exactErrors({ train, validation }, tensor([lambda], dtype)));
  const excess = error! / task.best[1];
  return {
    ridgeLambda: lambda,
    ridgeExcess: excess,
    ridgeOwnExcess: ownError === undefined ? excess : ownError / task.best[1],
  };
}

/** The closed form at one λ. */
export const fixedRidge = async (task: RidgeTask, lambda: number): Promise<RidgeOutcome> => ({
  metrics: await measure(task, lambda),
  exhibits: [],
  schedule: [lambda],
});

interface RidgeOptions {
  readonly steps: number;
  readonly warmUp: number;
  readonly initial: number;
}

/** Tunes λ from where it begins, by weights w(λ) = w_elem + (v λ) w_hyper. */
export async function* tuneRidge(
  { data: { ridge: task }, seed, signal }: ArmContext<{ readonly ridge: RidgeTask }>,
  { steps, warmUp, initial }: RidgeOptions,
): AsyncGenerator<Progress, RidgeOutcome, void> {
  const options = { bias: false, dtype, initializer: scaledNormal(0.1) } as const;
  const network = new StnLinear(randomKey(seed), task.train.inputs.length(1), 1, 1, options);
  const schedule: number[] = [];
  let metrics: Metrics = {};
  let exhibits: readonly Exhibit[] = [];
  for await (const { step, hyperparameters, model } of selfTuning({
    model: mapParameters(network, /elementary/, zerosLike),
    hyperparameters: { lambda: { range: [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY], initial } },
    trainLoss: (own: StnLinear, samples: Samples, { lambda, values }) =>
      penalized(samples, weightsAt(own, lambda), values.lambda),
    validationLoss: (own, samples, { lambda }) => errorsOf(samples, weightsAt(own, lambda)).mean(),
    batches: repeat(task.train),
    validationBatches: repeat(task.validation),
    ...{ steps, warmUp, perturbations, signal, key: randomKey(seed) },
    weightOptimizer: adam({ learningRate }),
    lambdaOptimizer: adam({ learningRate }),
    scaleOptimizer: adam({ learningRate }),
  })) {
    const { lambda } = hyperparameters.lambda;
    schedule.push(lambda);
    if (step % 100 !== 0 && step !== steps) continue;
    const near = task.grid.map(([each]) => each).filter((each) => Math.abs(each - lambda) <= 1);
    const { validation } = task;
    const [own, ...others] = await numbersOf(
      ownErrors(model, { validation }, tensor([lambda, ...near], dtype)),
    );
    metrics = await measure(task, lambda, own);
    exhibits = [scheduleOf(task, schedule), responsesOf(task, near, others)];
    yield { step, steps, metrics, exhibits };
  }
  return { metrics, exhibits, schedule };
}

/** Ordinary gradient descent on the weights, by the λ of a schedule. */
export async function* followRidge(
  { data: { ridge: task }, signal }: ArmContext<{ readonly ridge: RidgeTask }>,
  schedule: readonly number[],
): AsyncGenerator<Progress, RidgeOutcome, void> {
  const steps = schedule.length;
  const batches = schedule.map((lambda) => ({ ...task.train, lambda: tensor([lambda], dtype) }));
  let metrics: Metrics = {};
  for await (const { step, model } of train({
    model: { weights: zeros([1, task.train.inputs.length(1)], dtype) },
    loss: ({ weights }, { lambda, ...samples }: Samples & { lambda: Tensor }) =>
      penalized(samples, weights, lambda),
    optimizer: adam({ learningRate }),
    ...{ batches, steps, signal },
  })) {
    if (step % 100 !== 0 && step !== steps) continue;
    const error = await errorsOf(task.validation, model.weights).mean().item();
    metrics = await measure(task, schedule[step - 1]!, error);
    yield { step, steps, metrics };
  }
  return { metrics, exhibits: [], schedule };
}

const scheduleOf = ({ best }: RidgeTask, schedule: readonly number[]): Exhibit => ({
  kind: 'lines',
  title: 'Ridge regression: λ found in training',
  xAxis: 'training step',
  yAxis: 'λ',
  lines: [
    { label: 'STN', points: thinned(schedule) },
    { label: 'best on a grid', points: [1, schedule.length].map((step) => [step, best[0]] as const) },
  ],
});

/** Every tenth value of a schedule, by step. */
export const thinned = (schedule: readonly number[]): (readonly [number, number])[] =>
  schedule.flatMap((value, i) =>
    i % 10 === 0 || i === schedule.length - 1 ? [[i + 1, value] as const] : [],
  );

const responsesOf = ({ grid }: RidgeTask, near: readonly number[], own: readonly number[]): Exhibit => ({
  kind: 'lines',
  title: 'Ridge regression: validation error by λ',
  xAxis: 'λ',
  yAxis: 'mean squared error',
  lines: [
    { label: 'exact', points: [...grid] },
    { label: 'STN, near its λ', points: near.map((lambda, i) => [lambda, own[i]!] as const) },
  ],
});
