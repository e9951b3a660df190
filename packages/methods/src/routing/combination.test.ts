import {
  adam,
  chain,
  domainTokens,
  fit,
  Linear,
  MixtureOfExperts,
  meanSquaredError,
  readSafetensors,
  repeat,
  saveModel,
  sgd,
} from '@evenkeel/nn';
import { randomKey, softmax, type Tensor, tensor } from '@evenkeel/tensor';
import { describe, expect, it } from 'vitest';
import { perpGrad } from '../training/grokking-edge/index.js';
import { type LossFreeBalancer, lossFreeBalancer } from './alf-lb/index.js';
import { loadBalanceLoss } from './global-batch-lbl/index.js';
import { maxViolation } from './measures.js';

const [groups, tokens, experts, step] = [4, 32, 6, 0.01];
const { inputs, targets } = domainTokens({ seed: 0, batches: 1, microBatches: groups, tokens }).columns;
const batch = {
  // Off 0, so that all tokens like the same experts.
  x: tensor(Float32Array.from(inputs.data as Float32Array), { shape: [groups, tokens, 12] }).add(1),
  y: tensor(Float32Array.from(targets.data as Float32Array), { shape: [groups, tokens] }),
};
type Mixture = MixtureOfExperts<Linear, LossFreeBalancer>;
const make = (u: number): Mixture =>
  new MixtureOfExperts(randomKey(1), 12, experts, (key) => new Linear(key, 12, 1), {
    router: lossFreeBalancer({ experts, topK: 2, step: u, score: 'softmax', normalize: true }),
  });

/** The task, a balancing loss over the whole batch if it weighs anything, and the biases of the next step. */
const lossWith =
  (weight: number) =>
  (mixture: Mixture, { x, y }: typeof batch) => {
    const [output, { scores, experts: chosen, load }] = mixture.call(x);
    const parts = [groups, tokens] as const;
    const balance = loadBalanceLoss(
      softmax(scores).reshape([...parts, experts]),
      chosen.reshape([...parts, 2]),
      { weight },
    );
    const task = meanSquaredError(output.reshape(y.shape), y);
    return {
      loss: task.add(balance.loss),
      metrics: { task },
      model: mixture.withRouter(mixture.router.update(load)),
    };
  };

const numbers = async (x: Tensor) => Array.from(await x.data(), Number);
const imbalance = async (mixture: Mixture) => maxViolation(mixture.call(batch.x)[1].load).item();

describe('biases without a loss, a balancing loss over the whole batch and ⊥Grad in one training', () => {
  it('each do their part: the task is learned, loads are even, biases move by the rule alone', async () => {
    const train = (u: number, weight: number) =>
      fit({
        model: make(u),
        loss: lossWith(weight),
        optimizer: chain(
          perpGrad({ exclude: (path) => path.startsWith('router') }),
          adam({ learningRate: 0.01 }),
        ),
        batches: repeat(batch),
        steps: 200,
      });
    const alone = await train(0, 0);
    const { model, metrics } = await train(step, 0.1);
    const first = await lossWith(0)(make(step), batch).metrics.task.item();
    expect(metrics.task).toBeLessThan(0.5 * first);
    const even = await imbalance(model);
    expect(even).toBeLessThan(0.5);
    expect(even).toBeLessThan(0.5 * (await imbalance(alone.model)));
    // Whole numbers of steps: no gradient, momentum or projection has touched them.
    const biases = await numbers(model.router.bias);
    for (const bias of biases) expect(bias / step).toBeCloseTo(Math.round(bias / step), 3);
    expect(Math.max(...biases.map(Math.abs))).toBeGreaterThan(0);
    expect(await numbers(alone.model.router.bias)).toEqual(biases.map(() => 0));
    const { arrays } = readSafetensors(await saveModel(model));
    expect(Array.from(arrays['router.bias']!.data, Number)).toEqual(biases);
  });

  it("turns the gate's weights, which both balance, without making them longer along themselves", async () => {
    const start = make(step);
    const optimizer = chain(perpGrad(), sgd({ learningRate: 0.1 }));
    const { model } = await fit({
      model: start,
      loss: lossWith(1),
      optimizer,
      batches: repeat(batch),
      steps: 1,
    });
    const moved = model.gate.weight.sub(start.gate.weight);
    const length = await moved.square().sum().item();
    expect(length).toBeGreaterThan(1e-8);
    const along = await moved.mul(start.gate.weight).sum().item();
    expect(Math.abs(along)).toBeLessThan(1e-4 * Math.sqrt(length));
  });
});
