import type { ArmContext, Budget, Exhibit, Progress } from '@evenkeel/lab';
import {
  type Linear,
  mapParameters,
  type NToMPattern,
  type Sequential,
  select,
  toOnnx,
  toTensors,
} from '@evenkeel/nn';
import { slice, type Tensor, transpose } from '@evenkeel/tensor';
import {
  type ArmorModelResult,
  type ArmorSize,
  armorSize,
  factorArmorModel,
  type ImportanceOptions,
  type NToMPruned,
  type pruneWanda,
  weightMatrix,
} from './index.js';
import { call, type Digits, paths, trainingSteps } from './training.js';

const iterationsOf: Readonly<Record<Budget, number>> = { full: 300, quick: 100 };
export const twoOfFour: NToMPattern = { n: 2, m: 4 };
export const oneOfFour: NToMPattern = { n: 1, m: 4 };

type Importances = Readonly<Record<string, Tensor>>;

/** A pruned network. */
export interface Pruned {
  readonly model: Sequential;
  /** What the weights of the pruned layers have become, `[outputs, inputs]`, by the layers' paths. */
  readonly weights: Readonly<Record<string, Tensor>>;
  /** Bits of the pruned layers, of those before. */
  readonly stored: number;
  /** Of that, blocks of A and B. */
  readonly overhead: number;
  readonly exhibits?: readonly Exhibit[];
}

export type Prune = (
  dense: Sequential,
  importances: Importances,
  context: ArmContext<Digits>,
) => Promise<Pruned> | AsyncGenerator<Progress, Pruned, void>;

export const layerAt = (model: Sequential, path: string) => model.steps[Number(path.split('.')[1])] as Linear;

/** Zeros in the weights, the same network otherwise. */
export async function withZeros(
  dense: Sequential,
  importances: Importances,
  prune: (weight: Tensor, options: ImportanceOptions) => Promise<NToMPruned>,
  pattern: NToMPattern,
): Promise<Pruned> {
  const pruned = paths.map(async (path) => {
    const options = { importance: importances[path]!, pattern };
    return [path, (await prune(weightMatrix(layerAt(dense, path)), options)).weight] as const;
  });
  const weights = Object.fromEntries(await Promise.all(pruned));
  const ofPath = (path: string) => transpose(weights[path.replace('.weight', '')]!);
  // Values that are kept, of 32 bits, and 2 bits for the place of each.
  const stored = (pattern.n / pattern.m) * (1 + 2 / 32);
  return {
    model: mapParameters(dense, /^steps\.[13]\.weight$/, (_, path) => ofPath(path)),
    weights,
    stored,
    overhead: 0,
  };
}

export const plain =
  (prune: typeof pruneWanda, pattern: NToMPattern): Prune =>
  (dense, importances) =>
    withZeros(dense, importances, prune, pattern);

export const untouched: Prune = async (dense) => {
  const weights = Object.fromEntries(paths.map((path) => [path, weightMatrix(layerAt(dense, path))]));
  return { model: dense, weights, stored: 1, overhead: 0 };
};

export const factored = (blockSize: number, pattern: NToMPattern): Prune =>
  async function* factor(dense, _, context) {
    const before = trainingSteps(context);
    const iterations = iterationsOf[context.budget];
    const run = factorArmorModel(dense, {
      ...calibration(context),
      layers: /^steps\.[13]$/,
      blockSize,
      pattern,
      iterations,
      // The small problem needs more than the paper's 1e-4, of so few iterations.
      learningRate: 1e-3,
      seed: context.seed,
      signal: context.signal,
    });
    const metrics: Record<string, number> = {};
    for (;;) {
      const { value, done } = await run.next();
      if (done) return describe(value, pattern, dense);
      const layer = paths.indexOf(value.path as (typeof paths)[number]);
      metrics[`layerLoss${layer + 1}`] = value.relativeLoss;
      if (value.iteration % 10 === 0 || value.iteration === iterations) {
        const step = before + layer * iterations + value.iteration;
        yield { step, steps: stepsOf(context, true), metrics: { ...metrics } };
      }
    }
  };

async function describe(
  { model, layers }: ArmorModelResult<Sequential>,
  pattern: NToMPattern,
  dense: Sequential,
): Promise<Pruned> {
  const sizes = paths.map((path) => armorSize(layers[path]!.layer, { pattern }));
  const sum = (of: (size: ArmorSize) => number) => sizes.reduce((total, each) => total + of(each), 0);
  const whole = sum((size) => size.dense);
  return {
    model,
    weights: Object.fromEntries(paths.map((path) => [path, layers[path]!.layer.reconstruct()])),
    stored: sum((size) => size.share * size.dense) / whole,
    overhead: sum((size) => size.wrappers) / whole,
    exhibits: [
      {
        kind: 'lines',
        title: 'Error of the layers while they are factored, from NoWag-P on',
        xAxis: 'iteration',
        yAxis: 'relative error',
        lines: paths.map((path, i) => ({
          label: `layer ${i + 1}`,
          points: layers[path]!.relativeLosses.map((loss, at) => [at, loss] as const),
        })),
      },
      await wrapperMap(layers[paths[1]]!.layer.left),
      await coreMap(layers[paths[0]]!.layer.core),
      await storage(sizes, dense, model),
    ],
  };
}

/** To four digits, which is what a heat map shows. */
const shown = async (x: Tensor): Promise<number[]> =>
  Array.from(await x.data(), Number).map((each) => Number(each.toPrecision(4)));

/** A matrix from its blocks along the diagonal, without the lengths of rows that were multiplied into them. */
async function wrapperMap(blocks: Tensor): Promise<Exhibit> {
  const rows = blocks.div(blocks.square().sum({ axis: 2, keepAxes: true }).sqrt());
  const numbers = await shown(rows);
  const [count, side] = blocks.shape as [number, number];
  const values = Array.from({ length: count * side }, (_, row) =>
    Array.from({ length: count * side }, (_, column) =>
      Math.floor(row / side) === Math.floor(column / side) ? numbers[row * side + (column % side)]! : 0,
    ),
  );
  return {
    kind: 'heat map',
    title: 'A of the second layer, rows of length 1: it began as the identity',
    rowAxis: 'output',
    columnAxis: 'row of S',
    values,
  };
}

async function coreMap(core: Tensor): Promise<Exhibit> {
  const [rows, columns, from] = [32, 64, 14 * 28];
  const numbers = await shown(slice(core, [0, from], [rows, from + columns]));
  return {
    kind: 'heat map',
    title: 'Some of S of the first layer: zeros and the rest in every four',
    rowAxis: 'row',
    columnAxis: `column, from ${from}`,
    values: Array.from({ length: rows }, (_, i) => numbers.slice(i * columns, (i + 1) * columns)),
  };
}

export const fileSize = async (model: Sequential): Promise<number> =>
  (await toOnnx(model, call, { images: { shape: [1, 1, 28, 28] } })).bytes.length;

async function storage(sizes: readonly ArmorSize[], dense: Sequential, model: Sequential): Promise<Exhibit> {
  const kilobytes = (bits: number) => (bits / 8 / 1000).toFixed(1).padStart(9);
  const row = (label: string, of: (size: ArmorSize) => string) => label.padEnd(22) + sizes.map(of).join('');
  const lines = [
    row('kB, by layer', (size) => String(sizes.indexOf(size) + 1).padStart(9)),
    row('dense', (size) => kilobytes(size.dense)),
    row('values of S', (size) => kilobytes(size.core)),
    row('their places', (size) => kilobytes(size.positions)),
    row('blocks of A and B', (size) => kilobytes(size.wrappers)),
    row('all of it', (size) => kilobytes(size.share * size.dense)),
    row('of dense', (size) => `${(100 * size.share).toFixed(1)} %`.padStart(9)),
    '',
    `As ONNX files: ${kilobytes(8 * (await fileSize(dense))).trim()} kB dense, ${kilobytes(8 * (await fileSize(model))).trim()} kB pruned, since a file holds S with its zeros.`,
  ];
  return { kind: 'text', title: 'What the layers take to store', text: lines.join('\n') };
}

export const stepsOf = (context: ArmContext<Digits>, isFactored: boolean): number =>
  trainingSteps(context) + (isFactored ? paths.length * iterationsOf[context.budget] : 0);

/** What importances are measured on: 512 of the digits that the network was trained on. */
export const calibration = ({ data }: ArmContext<Digits>) => ({
  call,
  inputs: [toTensors(select(data.train, [...Array(512).keys()]).columns).images],
});
