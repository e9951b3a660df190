import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import {
  normal,
  type RuntimeName,
  randomKey,
  relu,
  splitKey,
  type Tensor,
  useRuntime,
} from '@evenkeel/tensor';
import { afterAll, describe, expect, it } from 'vitest';
import { Linear } from '../layers/linear.js';
import { BatchNorm } from '../layers/norm.js';
import { Sequential } from '../layers/sequential.js';
import { adam } from '../optimizers/adam.js';
import { evaluator } from './evaluator.js';
import { fit } from './fit.js';
import { MemoryStorage } from './testing/memoryStorage.js';

const megabyte = 2 ** 20;
const steps = 5000;
/** Megabytes that a leak of one of the two matrices of 16 kB a step would add. */
const leak = (steps * 64 * 64 * 4) / megabyte;

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;
const residentMegabytes = (): number => {
  collectGarbage();
  return process.memoryUsage().rss / megabyte;
};

const [first, second, inputKey] = splitKey(randomKey(0), 3);

/** Trains with all that `fit` can do. */
async function trainFor(steps: number): Promise<void> {
  const inputs = normal(inputKey, [4, 64]);
  const batches = { batchesPerEpoch: 10, batchesFrom: () => freshBatches(inputs) };
  const run = evaluator(
    (model: Sequential, x: Tensor) => ({ error: model.call(x).square().mean() }),
    [inputs],
  );
  await fit({
    model: new Sequential(new Linear(first, 64, 64), new BatchNorm(64), relu, new Linear(second, 64, 64)),
    loss: (network, x) => {
      const [output, model] = network.train(x);
      return { loss: output.sub(x).square().mean(), metrics: { size: output.square().mean() }, model };
    },
    optimizer: adam({ learningRate: 1e-4 }),
    batches,
    steps,
    evaluate: { every: 50, run },
    earlyStopping: { metric: 'error', patience: steps },
    checkpoints: { storage: new MemoryStorage(), every: 500 },
  });
  await run.release();
}

function* freshBatches(inputs: Tensor): Generator<Tensor, never, void> {
  while (true) yield inputs.mul(1);
}

describe(`${steps} steps of fit`, () => {
  afterAll(() => useRuntime('cpu'));

  it.each<RuntimeName>(['cpu', 'worker'])(
    'keep memory as it is: %s',
    async (name) => {
      await useRuntime(name);
      // The heap of the worker's thread grows for some thousand steps before it stays as it is.
      await trainFor(4000);
      const before = residentMegabytes();
      await trainFor(steps);
      const growth = residentMegabytes() - before;
      console.info(`memory: ${name} grew by ${growth.toFixed(1)} MB in ${steps} steps of fit`);
      expect(growth).toBeLessThan(0.5 * leak);
    },
    60_000,
  );
});
