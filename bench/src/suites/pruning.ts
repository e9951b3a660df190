import {
  BatchNorm,
  Conv,
  globalAveragePool,
  Linear,
  pruneToFlops,
  ResidualBlock,
  relu,
  Sequential,
  shrink,
  TransformerBlock,
} from '@evenkeel/nn';
import { compile, evaluate, normal, randomKey, type Shape, splitKey, type Tensor } from '@evenkeel/tensor';
import type { Options } from '../options.js';
import { median } from '../statistics.js';
import { formatTable } from '../table.js';

/** A model without some of its channels, beside the whole one. */
export interface Pruned {
  /** Share of the multiply-adds that stay. */
  readonly multiplyAdds: number;
  /** Share of the time of a call. */
  readonly latency: number;
  /** Of a call, in milliseconds. */
  readonly before: number;
  readonly after: number;
}

type Network = { call(x: Tensor): Tensor };

const keys = splitKey(randomKey(0), 8) as Tensor[];

const stage = (key: Tensor, inputs: number, outputs: number, strides: number) => [
  new Conv(key, inputs, outputs, [3, 3], { strides, padding: 1, bias: false }),
  new BatchNorm(outputs),
  relu,
];

const networks: Readonly<Record<string, { readonly model: Network; readonly shape: Shape }>> = {
  'plain convolutions': {
    model: new Sequential(
      ...stage(keys[0]!, 3, 64, 1),
      ...stage(keys[1]!, 64, 128, 2),
      ...stage(keys[2]!, 128, 256, 2),
      globalAveragePool,
      new Linear(keys[3]!, 256, 10),
    ),
    shape: [8, 3, 32, 32],
  },
  'residual blocks': {
    model: new Sequential(
      ...stage(keys[0]!, 3, 64, 1),
      new ResidualBlock(keys[1]!, 64, 64),
      new ResidualBlock(keys[2]!, 64, 128, { stride: 2 }),
      globalAveragePool,
      new Linear(keys[3]!, 128, 10),
    ),
    shape: [8, 3, 32, 32],
  },
  perceptrons: {
    model: new Sequential(
      new Linear(keys[0]!, 512, 2048),
      relu,
      new Linear(keys[1]!, 2048, 2048),
      relu,
      new Linear(keys[2]!, 2048, 10),
    ),
    shape: [64, 512],
  },
  transformer: {
    model: new Sequential(new TransformerBlock(keys[0]!, 256, 8), new TransformerBlock(keys[1]!, 256, 8)),
    shape: [4, 64, 256],
  },
};

const call = (model: Network, x: Tensor): Tensor => model.call(x);

/** How much faster models are of which half of the multiply-adds is gone: any channels, and channels by eights. */
export async function pruning(
  options: Options,
): Promise<{ results: Record<string, Pruned>; failed: boolean }> {
  process.env.EVENKEEL_THREADS = String(options.threads);
  const results: Record<string, Pruned> = {};
  for (const [name, { model, shape }] of Object.entries(networks)) {
    const x = await evaluate(normal(randomKey(1), shape));
    for (const multipleOf of [1, 8]) {
      const plan = await pruneToFlops(model, call, [x], 0.5, { multipleOf });
      const small = await shrink(model, call, [x], plan.masks);
      const [before, after] = await milliseconds([model, small.model], x, options.quick ? 15 : 61);
      results[multipleOf === 1 ? name : `${name}, by eights`] = {
        multiplyAdds: small.after.multiplyAdds / small.before.multiplyAdds,
        latency: after! / before!,
        before: before!,
        after: after!,
      };
    }
  }
  const percent = (share: number) => `${(100 * share).toFixed(1)} %`;
  const rows = Object.entries(results).map(([name, each]) => [
    `  ${name}`,
    percent(each.multiplyAdds),
    percent(each.latency),
    each.before.toFixed(2),
    each.after.toFixed(2),
  ]);
  const head = ['  left of', 'multiply-adds', 'time', 'ms before', 'ms after'];
  process.stdout.write(`\n${formatTable([head, ...rows])}\n`);
  return { results, failed: false };
}

/** Medians of calls of models in turn. */
async function milliseconds(models: readonly Network[], x: Tensor, rounds: number): Promise<number[]> {
  const calls = models.map((model) => ({
    run: compile((input: Tensor) => model.call(input)),
    times: [] as number[],
  }));
  for (let round = -3; round < rounds; round++) {
    for (const { run, times } of calls) {
      const from = performance.now();
      await (await run(x)).data();
      if (round >= 0) times.push(performance.now() - from);
    }
  }
  for (const { run } of calls) await run.release();
  return calls.map(({ times }) => median(times));
}
