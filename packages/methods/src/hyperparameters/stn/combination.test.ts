import { adam, chain, materialize, relu, reparameterize, repeat } from '@evenkeel/nn';
import { cast, compile, greater, mul, normal, randomKey, splitKey, sub, type Tensor } from '@evenkeel/tensor';
import { describe, expect, it } from 'vitest';
import { anyLoss } from '../../training/anyloss/index.js';
import { perpGrad } from '../../training/grokking-edge/index.js';
import { companderBound, weightCompander } from '../../training/weight-compander/index.js';
import { StnLinear, sampleDropout, selfTune } from './index.js';

interface Batch {
  readonly inputs: Tensor;
  readonly labels: Tensor;
}

/** Points of which those outside a circle count, a quarter or so. */
const samples = (seed: number, count: number): Batch => {
  const inputs = normal(randomKey(seed), [count, 2]);
  return { inputs, labels: cast(greater(inputs.square().sum({ axis: 1 }), 2.8), 'int32') };
};

class Network {
  readonly hidden: StnLinear;
  readonly output: StnLinear;

  constructor(key: Tensor) {
    const keys = splitKey(key);
    this.hidden = new StnLinear(keys[0], 2, 32, 1);
    this.output = new StnLinear(keys[1], 32, 1, 1);
  }

  call(x: Tensor, lambda: Tensor, drop = (hidden: Tensor) => hidden): Tensor {
    return this.output.call(drop(relu(this.hidden.call(x, lambda))), lambda).reshape([x.length(0)]);
  }
}

describe('self-tuning in one training with ⊥Grad, a loss of F1 and companded weights', () => {
  it('tunes dropout by the F1 of held-out samples, with every weight within its bound', async () => {
    const f1Loss = anyLoss('fbeta', { from: 'logits', steepness: 10 });
    const shape = { a: 0.8, b: 0.8 };
    const start = await reparameterize(new Network(randomKey(0)), /weight$/, weightCompander(shape));
    const held = samples(1, 400);
    const trained = await selfTune({
      model: start,
      hyperparameters: { dropout: { range: [0, 0.9], initial: 0.5 } },
      trainLoss: (model, { inputs, labels }: Batch, { lambda, values, key }) =>
        f1Loss(
          materialize(model).call(inputs, lambda, (hidden) => sampleDropout(key, hidden, values.dropout)),
          labels,
        ),
      validationLoss: (model, { inputs, labels }, { lambda }) =>
        f1Loss(materialize(model).call(inputs, lambda), labels),
      batches: repeat(samples(0, 400)),
      validationBatches: repeat(held),
      ...{ steps: 400, warmUp: 50 },
      weightOptimizer: chain(
        perpGrad({ exclude: (path) => !path.includes('eight') }),
        adam({ learningRate: 0.03 }),
      ),
      lambdaOptimizer: adam({ learningRate: 0.03 }),
    });
    const { dropout } = trained.hyperparameters;
    expect(dropout.value).not.toBeCloseTo(0.5, 2);
    expect(trained.history).toHaveLength(400);

    const network = materialize(trained.model);
    for (const layer of [network.hidden, network.output]) {
      for (const { weight } of [layer.elementary, layer.hyper]) {
        expect(await weight.abs().max().item()).toBeLessThan(companderBound(shape));
      }
    }
    const f1 = compile((logits: Tensor, labels: Tensor) =>
      sub(1, anyLoss('fbeta', { from: 'logits', steepness: 30 })(mul(logits, 100), labels)),
    );
    const score = async (model: Network, lambda: Tensor) =>
      (await f1(model.call(held.inputs, lambda), held.labels)).item();
    expect(await score(network, trained.lambda)).toBeGreaterThan(0.85);
  });
});
