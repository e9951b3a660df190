import {
  adam,
  chain,
  domainTokens,
  Linear,
  MixtureOfExperts,
  meanSquaredError,
  repeat,
  sgd,
  toTensors,
  train,
} from '@evenkeel/nn';
import { less, max, normal, randomKey, sigmoid, softmax, sum, type Tensor } from '@evenkeel/tensor';
import { describe, expect, it } from 'vitest';
import { perpGrad } from '../../training/grokking-edge/index.js';
import { type LossFreeBalancer, lossFreeBalancer } from '../alf-lb/index.js';
import { loadBalanceLoss } from '../global-batch-lbl/index.js';
import { sparseTransportRouter } from './index.js';

const [groups, tokens, experts, choices, step] = [4, 32, 6, 2, 0.01];
/** An even share is 43 of 256 choices. */
const capacity = 48;
const { inputs, targets } = toTensors(
  domainTokens({ seed: 0, batches: 1, microBatches: groups, tokens }).columns,
);
// Off 0, so that all tokens like the same experts.
const batch = { x: inputs!.reshape([groups, tokens, 12]).add(1), y: targets!.reshape([groups, tokens]) };

type Mixture = MixtureOfExperts<Linear, LossFreeBalancer>;
const make = (): Mixture =>
  new MixtureOfExperts(randomKey(1), 12, experts, (key) => new Linear(key, 12, 1), {
    router: lossFreeBalancer({
      ...{ experts, topK: choices, step },
      choose: sparseTransportRouter({ capacity, choices }),
    }),
    capacity: (capacity * experts) / (groups * tokens * choices),
  });

/** The task, the balancing loss of the whole batch, and the biases of the next step. */
function loss(mixture: Mixture, { x, y }: typeof batch) {
  const [output, { scores, experts: chosen, load, dropped }] = mixture.call(x);
  const parts = [groups, tokens] as const;
  const balance = loadBalanceLoss(
    softmax(scores).reshape([...parts, experts]),
    chosen.reshape([...parts, choices]),
    { weight: 0.1 },
  );
  const task = meanSquaredError(output.reshape(y.shape), y);
  const empty = sum(less(chosen, 0).cast('int32'));
  return {
    loss: task.add(balance.loss),
    metrics: {
      task,
      most: max(load).cast('float32'),
      withoutRoom: dropped.sub(empty).cast('float32'),
      empty: empty.cast('float32'),
      balance: balance.loss.div(0.1),
    },
    model: mixture.withRouter(mixture.router.update(load)),
  };
}

const numbers = async (x: Tensor) => Array.from(await x.data(), Number);

describe('choices by transport, biases, a balancing loss over the whole batch and ⊥Grad in one training', () => {
  it('each do their part: the task is learned, no expert is over capacity, biases move by the rule', async () => {
    const seen: Readonly<Record<string, number>>[] = [];
    let biases: number[] = [];
    for await (const { metrics, model } of train({
      model: make(),
      loss,
      optimizer: chain(
        perpGrad({ exclude: (path) => path.startsWith('router') }),
        adam({ learningRate: 0.01 }),
      ),
      batches: repeat(batch),
      steps: 200,
    })) {
      seen.push(metrics);
      biases = await numbers(model.router.bias);
    }
    const [first, last] = [seen[0]!, seen.at(-1)!];
    expect(last.task).toBeLessThan(0.5 * first.task!);
    expect(last.balance).toBeLessThan(1.2);
    for (const { most, withoutRoom } of seen) {
      expect(most).toBeLessThanOrEqual(capacity);
      expect(withoutRoom).toBe(0);
    }
    expect(last.empty).toBeLessThan(0.5 * groups * tokens * choices);
    for (const bias of biases) expect(bias / step).toBeCloseTo(Math.round(bias / step), 3);
    expect(Math.max(...biases.map(Math.abs))).toBeGreaterThan(0);
  });

  it('changes no choice by a bias, since the plan gives each expert its mass whatever all like of it', async () => {
    const choose = sparseTransportRouter({ capacity, choices });
    const scores = sigmoid(normal(randomKey(3), [128, experts], { dtype: 'float64' }));
    const bias = normal(randomKey(4), [experts], { dtype: 'float64' });
    const [plain, biased] = [choose(scores), choose(scores.add(bias))];
    expect(await numbers(biased.experts)).toEqual(await numbers(plain.experts));
    const distance = biased.weights.sub(plain.weights).abs().max();
    expect(await distance.item()).toBeLessThan(1e-9);
  });

  it("turns the gate's weights, which transport weighs, without making them longer along themselves", async () => {
    const start = make();
    const { value } = await train({
      model: start,
      loss,
      optimizer: chain(perpGrad(), sgd({ learningRate: 0.1 })),
      batches: repeat(batch),
      steps: 1,
    }).next();
    const moved = value!.model.gate.weight.sub(start.gate.weight);
    const length = await moved.square().sum().item();
    expect(length).toBeGreaterThan(1e-8);
    const along = await moved.mul(start.gate.weight).sum().item();
    expect(Math.abs(along)).toBeLessThan(1e-4 * Math.sqrt(length));
  });
});
