import {
  type ArmContext,
  type Budget,
  defineExperiment,
  type LinesExhibit,
  type Outcome,
  type Progress,
} from '@evenkeel/lab';
import {
  type ChannelGroups,
  channelGroups,
  disjointParts,
  type KeepMasks,
  mnist,
  type Sequential,
  select,
  selectParameters,
  shrink,
  toTensors,
} from '@evenkeel/nn';
import { randomKey, type Tensor } from '@evenkeel/tensor';
import { latencies } from '../../latencies.js';
import { allScales, chooseMasks, maskByRatio, maskSparsity, scaleMasks } from './index.js';
import { call, type Digits, examples, network, Session } from './training.js';

const lambda = 0.03;
/** Passes through the training digits. */
const epochsOf: Readonly<Record<Budget, { dense: number; sparse: number; tuning: number }>> = {
  full: { dense: 4, sparse: 6, tuning: 2 },
  quick: { dense: 2, sparse: 4, tuning: 1 },
};

/** |γ| of all layers, those of the mask apart. */
async function scalesOf(
  model: Sequential,
  groups: ChannelGroups,
  masks: KeepMasks,
): Promise<{ kept: number[]; masked: number[] }> {
  const parameters = selectParameters(model, /\.scale$/);
  const [kept, masked]: [number[], number[]] = [[], []];
  for (const [path, keep] of Object.entries(scaleMasks(groups, masks))) {
    const values = Array.from(await parameters[path]!.data(), Number);
    values.forEach((each, i) => {
      (keep[i] === 1 ? kept : masked).push(Math.abs(each));
    });
  }
  return { kept, masked };
}

const byRank = ({ kept, masked }: { kept: number[]; masked: number[] }): LinesExhibit => {
  const line = (label: string, values: readonly number[]) => ({
    label,
    points: [...values].sort((a, b) => b - a).map((each, i) => [i + 1, each] as [number, number]),
  });
  return {
    kind: 'lines',
    title: 'Scales before pruning, largest first',
    xAxis: 'rank',
    yAxis: '|γ|',
    lines: [line('channels that stay', kept), line('channels that go', masked)],
  };
};

/** What is pruned by the mask of global sparsity training: that network, one with the penalty on the mask, or the dense one. */
const pruneAfter = (way: 'global' | 'mask' | 'dense') =>
  async function* run(context: ArmContext<Digits>): AsyncGenerator<Progress, Outcome, void> {
    const { data, seed, budget } = context;
    const epochs = epochsOf[budget];
    const session = new Session(
      context,
      epochs.dense + epochs.sparse * (way === 'mask' ? 2 : 1) + epochs.tuning,
    );
    const dense = yield* session.train(0, network(randomKey(seed)), epochs.dense);
    const groups = channelGroups(dense.model, call, examples);
    const penalty = maskSparsity({ lambda, masks: allScales(groups) });
    const slim = yield* session.train(1, dense.model, epochs.sparse, { penalty });
    const masks = await chooseMasks(slim.model, groups, (scales) => maskByRatio(scales, 0.5));
    const masked = maskSparsity({ lambda, masks: scaleMasks(groups, masks) });
    const trained =
      way === 'mask'
        ? yield* session.train(2, dense.model, epochs.sparse, { penalty: masked })
        : way === 'global'
          ? slim
          : dense;
    const scales = await scalesOf(trained.model, groups, masks);
    const keptScale = scales.kept.reduce((a, b) => a + b, 0) / scales.kept.length;
    const [trainedAccuracy, small] = [
      await session.accuracy(trained.model),
      await shrink(trained.model, call, examples, masks),
    ];
    const prunedAccuracy = await session.accuracy(small.model);
    const tuned = yield* session.train(3, small.model, epochs.tuning, { rate: 0.005 });
    const [before, after] = await latencies(
      [trained.model, tuned.model].map((model) => (images: Tensor) => model.call(images)),
      toTensors(select(data.test, [...Array(64).keys()]).columns).images,
    );
    return {
      metrics: {
        testAccuracy: await session.accuracy(tuned.model),
        prunedAccuracy,
        trainedAccuracy,
        loss: trained.loss,
        lossDoublings: Math.log2(trained.loss),
        keptScale,
        keptScaleDoublings: Math.log2(keptScale),
        multiplyAdds: small.after.multiplyAdds / small.before.multiplyAdds,
        parameters: small.after.parameters / small.before.parameters,
        latency: after! / before!,
      },
      exhibits: [byRank(scales)],
    };
  };

export const experiment = defineExperiment<Digits>({
  paper: 'mask-sparsity',
  question: 'Is a network better prepared for pruning when only the scales that will go are pulled to zero?',
  data: {
    description:
      'Handwritten digits of MNIST, 4,000 to train on and 2,000 held out. Three convolutions of stride 2 with 8, 16 and ' +
      '32 channels and batch normalization; SGD with Nesterov momentum 0.9, weight decay 1e-4, batches of 64. ' +
      'Dense: 4 epochs at 0.05, which falls tenfold at 60 % and 85 %. Sparsity training: 6 epochs from the dense weights, λ ' +
      '= 0.03. In every layer the half of the channels with the smallest scales after global sparsity training goes; then 2 epochs at 0.005. A seed is one of ' +
      'digits, weights and order.',
    load: async ({ seed }) => {
      const { train: first, test: second } = await mnist();
      const parts = disjointParts(first, { train: 4000 }, seed);
      return { train: parts.train, test: second };
    },
  },
  arms: [
    {
      name: 'global',
      label: 'penalty on all',
      role: 'baseline',
      description: 'Sparsity training with the penalty on every scale, then pruning.',
      live: true,
      run: pruneAfter('global'),
    },
    {
      name: 'mask',
      label: 'MaskSparsity',
      role: 'method',
      description:
        'Training from the dense weights with the penalty on what will be pruned only, then pruning.',
      live: true,
      run: pruneAfter('mask'),
    },
    {
      name: 'dense',
      label: 'no penalty',
      role: 'baseline',
      description: 'The dense network, pruned by the same mask.',
      live: false,
      run: pruneAfter('dense'),
    },
  ],
  seeds: [0, 1, 2, 3, 4],
  metrics: [
    { name: 'testAccuracy', label: 'test accuracy', unit: 'fraction', better: 'higher' },
    {
      name: 'prunedAccuracy',
      label: 'test accuracy right after pruning',
      unit: 'fraction',
      better: 'higher',
    },
    { name: 'trainedAccuracy', label: 'test accuracy before pruning', unit: 'fraction', better: 'higher' },
    { name: 'loss', label: 'training loss before pruning', unit: 'number', better: 'lower' },
    { name: 'lossDoublings', label: 'log₂ of that loss', unit: 'number', better: 'lower' },
    { name: 'keptScale', label: 'mean kept |γ|', unit: 'number', better: 'neither' },
    { name: 'keptScaleDoublings', label: 'log₂ of that mean', unit: 'number', better: 'neither' },
    { name: 'multiplyAdds', label: 'multiply-adds, of the dense network', unit: 'fraction', better: 'lower' },
    { name: 'parameters', label: 'parameters, of the dense network', unit: 'fraction', better: 'lower' },
    { name: 'latency', label: 'time of a call, of the dense network', unit: 'fraction', better: 'lower' },
  ],
  claims: [
    {
      statement: 'Right after pruning, the network is better by five in a hundred and more.',
      conditions: [
        { metric: 'prunedAccuracy', arm: 'mask', minus: 'global', over: 'mean', atLeast: 0.05 },
        { metric: 'prunedAccuracy', arm: 'mask', minus: 'global', over: 'every-seed', atLeast: 0.05 },
      ],
    },
    {
      statement: 'After fine-tuning it is still at least as good.',
      conditions: [{ metric: 'testAccuracy', arm: 'mask', minus: 'global', over: 'mean', atLeast: 0 }],
    },
    {
      statement:
        'A penalty on channels that stay under-fits the network: without it the training loss is at most half.',
      conditions: [{ metric: 'lossDoublings', arm: 'mask', minus: 'global', over: 'mean', atMost: -1 }],
    },
    {
      statement: 'Channels that stay have scales at least twice as large.',
      conditions: [{ metric: 'keptScaleDoublings', arm: 'mask', minus: 'global', over: 'mean', atLeast: 1 }],
    },
    {
      statement: 'ResNet-110 loses 63 % of its multiply-adds on CIFAR-10 without losing accuracy.',
      notTested: 'It takes hundreds of epochs of a deep network, which are hours on a processor.',
    },
  ],
  curves: ['testAccuracy', 'loss'],
  liveSeconds: 15,
});
