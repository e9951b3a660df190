import { type ArmContext, defineExperiment, type Outcome, type Progress } from '@evenkeel/lab';
import { disjointParts, mnist, type Sequential, select, toTensors } from '@evenkeel/nn';
import type { Tensor } from '@evenkeel/tensor';
import { latencies } from '../../latencies.js';
import {
  layerImportances,
  pruneMagnitude,
  pruneNoWag,
  pruneWanda,
  relativeLoss,
  weightMatrix,
} from './index.js';
import { type Digits, paths, scoreOf, trainDense } from './training.js';
import {
  calibration,
  factored,
  fileSize,
  layerAt,
  oneOfFour,
  type Prune,
  type Pruned,
  plain,
  stepsOf,
  twoOfFour,
  untouched,
  withZeros,
} from './ways.js';

/** Trains the dense network, prunes it, and compares it with itself before, and with NoWag-P of the same pattern. */
const pruneBy = (prune: Prune, pattern = twoOfFour, isFactored = false) =>
  async function* run(context: ArmContext<Digits>): AsyncGenerator<Progress, Outcome, void> {
    const dense = yield* trainDense(context, stepsOf(context, isFactored));
    const importances = await layerImportances(dense, calibration(context));
    const pruning = prune(dense, importances, context);
    const pruned = pruning instanceof Promise ? await pruning : yield* pruning;
    const start = await withZeros(dense, importances, pruneNoWag, pattern);
    const test = toTensors(context.data.test.columns);
    const score = await scoreOf(pruned.model, test);
    const lossOf = async (model: Sequential) => (await scoreOf(model, test)).testLoss;
    const [before, plainly] = [await lossOf(dense), await lossOf(start.model)];
    const errors = ({ weights }: Pruned) =>
      Promise.all(
        paths.map((path) =>
          relativeLoss(weightMatrix(layerAt(dense, path)), weights[path]!, {
            importance: importances[path]!,
          }),
        ),
      );
    const [[first, second], [firstStart, secondStart]] = (await Promise.all([
      errors(pruned),
      errors(start),
    ])) as [[number, number], [number, number]];
    const images = toTensors(select(context.data.test, [...Array(64).keys()]).columns).images;
    const [slow, fast] = await latencies(
      [dense, pruned.model].map((model) => (x: Tensor) => model.call(x)),
      images,
    );
    return {
      metrics: {
        ...score,
        lossIncrease: score.testLoss - before,
        recovered: (plainly - score.testLoss) / (plainly - before),
        layerLoss1: first,
        layerLoss2: second,
        ofStart1: first / firstStart,
        ofStart2: second / secondStart,
        stored: pruned.stored,
        overhead: pruned.overhead,
        file: (await fileSize(pruned.model)) / (await fileSize(dense)),
        latency: fast! / slow!,
      },
      exhibits: pruned.exhibits ?? [],
    };
  };

export const experiment = defineExperiment<Digits>({
  paper: 'armor',
  question: 'Do two small block-diagonal matrices around a 2:4 sparse one keep what pruning alone loses?',
  data: {
    description:
      'Handwritten digits of MNIST, 6,000 to train on and 2,000 held out. A network 784-128-64-10 with ReLU, trained ' +
      'by Adam at 1e-3 for 6 epochs (quick: 3) in batches of 64. Then its first two layers are pruned, 2 of every 4 weights ' +
      'stay, and nothing is trained any more; importances of inputs are from 512 of the training digits. ARMOR: blocks ' +
      'of 16, 300 iterations a layer (quick: 100), Adam at 1e-3. A seed is one of digits, weights, order and draws of groups.',
    load: async ({ seed }) => {
      const { train, test } = await mnist();
      return { train: disjointParts(train, { train: 6000 }, seed).train, test };
    },
  },
  arms: [
    {
      name: 'dense',
      label: 'dense',
      role: 'baseline',
      description: 'The network before it is pruned.',
      live: false,
      run: pruneBy(untouched),
    },
    {
      name: 'magnitude',
      label: 'magnitude',
      role: 'baseline',
      description: 'Of every 4 weights the 2 with the largest |W| stay.',
      live: false,
      run: pruneBy(plain(pruneMagnitude, twoOfFour)),
    },
    {
      name: 'wanda',
      label: 'Wanda',
      role: 'baseline',
      description:
        'Of every 4 weights the 2 with the largest |W| √h stay, h being the mean square of the input.',
      live: false,
      run: pruneBy(plain(pruneWanda, twoOfFour)),
    },
    {
      name: 'nowag',
      label: 'NoWag-P',
      role: 'baseline',
      description: 'The same with weights normalized by columns and rows: where ARMOR starts.',
      live: true,
      run: pruneBy(plain(pruneNoWag, twoOfFour)),
    },
    {
      name: 'armor',
      label: 'ARMOR',
      role: 'method',
      description: 'A S B with S 2:4 sparse and A, B of blocks of 16.',
      live: true,
      run: pruneBy(factored(16, twoOfFour), twoOfFour, true),
    },
    {
      name: 'armor-8',
      label: 'ARMOR, blocks of 8',
      role: 'ablation',
      description: 'Half the overhead.',
      live: false,
      run: pruneBy(factored(8, twoOfFour), twoOfFour, true),
    },
    {
      name: 'nowag-1of4',
      label: 'NoWag-P, 1:4',
      role: 'baseline',
      description: 'One of every 4 weights stays.',
      live: false,
      run: pruneBy(plain(pruneNoWag, oneOfFour), oneOfFour),
    },
    {
      name: 'armor-1of4',
      label: 'ARMOR, 1:4',
      role: 'ablation',
      description: 'S with one of every 4, blocks of 16.',
      live: false,
      run: pruneBy(factored(16, oneOfFour), oneOfFour, true),
    },
  ],
  seeds: [0, 1, 2],
  metrics: [
    { name: 'testLoss', label: 'test cross-entropy', unit: 'number', better: 'lower' },
    { name: 'testAccuracy', label: 'test accuracy', unit: 'fraction', better: 'higher' },
    { name: 'lossIncrease', label: 'cross-entropy above the dense one', unit: 'number', better: 'lower' },
    {
      name: 'recovered',
      label: 'share of the increase by NoWag-P that is gone',
      unit: 'fraction',
      better: 'higher',
    },
    { name: 'layerLoss1', label: 'relative error of layer 1', unit: 'number', better: 'lower' },
    { name: 'layerLoss2', label: 'relative error of layer 2', unit: 'number', better: 'lower' },
    { name: 'ofStart1', label: 'error of layer 1, of that of NoWag-P', unit: 'fraction', better: 'lower' },
    { name: 'ofStart2', label: 'error of layer 2, of that of NoWag-P', unit: 'fraction', better: 'lower' },
    {
      name: 'stored',
      label: 'bits of the pruned layers with places of values, of dense',
      unit: 'fraction',
      better: 'lower',
    },
    { name: 'overhead', label: 'blocks of A and B, of the dense layers', unit: 'fraction', better: 'lower' },
    { name: 'file', label: 'ONNX file, of the dense one', unit: 'fraction', better: 'lower' },
    { name: 'latency', label: 'time of a call, of the dense network', unit: 'fraction', better: 'lower' },
  ],
  claims: [
    {
      statement: 'The error of each layer falls to a third and less of that of NoWag-P.',
      conditions: [
        { metric: 'ofStart1', arm: 'armor', over: 'every-seed', atMost: 1 / 3 },
        { metric: 'ofStart2', arm: 'armor', over: 'every-seed', atMost: 1 / 3 },
      ],
    },
    {
      statement: 'Its cross-entropy is below those of magnitude, Wanda and NoWag-P.',
      conditions: [
        { metric: 'testLoss', arm: 'armor', minus: 'magnitude', over: 'every-seed', atMost: 0 },
        { metric: 'testLoss', arm: 'armor', minus: 'wanda', over: 'every-seed', atMost: 0 },
        { metric: 'testLoss', arm: 'armor', minus: 'nowag', over: 'every-seed', atMost: 0 },
      ],
    },
    {
      statement: 'At least half of what NoWag-P loses in cross-entropy is recovered.',
      conditions: [{ metric: 'recovered', arm: 'armor', over: 'mean', atLeast: 0.5 }],
    },
    {
      statement:
        'On hardware that skips 2 of 4 weights, the sparse product takes less time than the dense one.',
      notTested:
        'ONNX Runtime has no kernel for it on processors: zeros are multiplied like any number, and the blocks come on top.',
    },
    {
      statement: 'Qwen-2.5 with 7 billion parameters answers 65.6 % of MMLU, and 53.5 % with NoWag-P.',
      notTested: 'A language model of that size does not fit; here the same steps prune a small network.',
    },
  ],
  curves: ['layerLoss1', 'layerLoss2', 'testLoss'],
  liveSeconds: 20,
});
