import {
  flatten,
  foldIn,
  matMul,
  normal,
  randomKey,
  sign,
  splitKey,
  stopGradient,
  type Tensor,
  tensor,
  zeros,
} from '@evenkeel/tensor';
import { describe, expect, it } from 'vitest';
import {
  BatchNorm,
  fit,
  fold,
  Linear,
  materialize,
  type Reparameterization,
  type Reparameterized,
  relu,
  reparameterize,
  repeat,
  sgd,
} from '../index.js';

/** w = v³, of which the weight is kept. */
const cubic: Reparameterization<{ readonly v: Tensor }> = {
  name: 'cubic',
  init: (weight) => ({ v: sign(weight).mul(weight.abs().pow(1 / 3)) }),
  weight: ({ v }) => v.mul(v).mul(v),
};

/** W + A B of rank 2, with W frozen. */
const lowRank = (key: Tensor): Reparameterization<{ base: Tensor; down: Tensor; up: Tensor }> => ({
  name: 'lowRank',
  init: (weight, { index }) => ({
    base: weight,
    down: normal(foldIn(key, index), [weight.length(0), 2]),
    up: zeros([2, weight.length(1)]),
  }),
  weight: ({ base, down, up }) => stopGradient(base).add(matMul(down, up)),
});

class Network {
  readonly hidden: Linear;
  readonly output: Linear;

  constructor(key: Tensor) {
    const [first, second] = splitKey(key);
    this.hidden = new Linear(first, 3, 8);
    this.output = new Linear(second, 8, 1);
  }

  call(x: Tensor): Tensor {
    return this.output.call(relu(this.hidden.call(x)));
  }
}

const inputs = normal(randomKey(1), [16, 3]);
const targets = inputs.sum({ axis: 1, keepAxes: true });
const squares = (model: Reparameterized<Network>) =>
  materialize(model).call(inputs).sub(targets).square().mean();

describe('reparameterize', () => {
  it('puts free parameters in the place of the chosen weights, under their paths', async () => {
    const model = await reparameterize(new Network(randomKey(0)), /weight$/, cubic);
    expect(flatten(model).paths).toEqual([
      'free.hidden.weight.v',
      'free.output.weight.v',
      'others.hidden.bias',
      'others.output.bias',
    ]);
  });

  it('chooses by a function of path and tensor as well', async () => {
    const model = await reparameterize(
      new Network(randomKey(0)),
      (path, { rank }) => rank === 2 && path.startsWith('hidden'),
      cubic,
    );
    expect(Object.keys(model.weights())).toEqual(['hidden.weight']);
    expect(Object.keys(model.others)).toEqual(['hidden.bias', 'output.weight', 'output.bias']);
  });

  it('makes a model of the same class that computes the same', async () => {
    const network = new Network(randomKey(0));
    const made = materialize(await reparameterize(network, /weight$/, cubic));
    expect(made).toBeInstanceOf(Network);
    expect(await made.call(inputs).sub(network.call(inputs)).abs().max().item()).toBeLessThan(1e-5);
  });

  it('trains the free parameters, and folds them into a plain model with the same outputs, bit for bit', async () => {
    const start = await reparameterize(new Network(randomKey(0)), /weight$/, cubic);
    const { model, loss } = await fit({
      model: start,
      loss: squares,
      optimizer: sgd({ learningRate: 0.02 }),
      batches: repeat({}),
      steps: 200,
    });
    expect(loss).toBeLessThan(0.1 * (await squares(start).item()));
    const plain = await fold(model);
    expect(flatten(plain).paths).toEqual(flatten(new Network(randomKey(0))).paths);
    expect(await plain.call(inputs).toArray()).toEqual(await materialize(model).call(inputs).toArray());
  });

  it('serves low-rank updates of frozen weights', async () => {
    const network = new Network(randomKey(0));
    const start = await reparameterize(network, /^hidden.weight$/, lowRank(randomKey(5)));
    const { model } = await fit({
      model: start,
      loss: squares,
      optimizer: sgd({ learningRate: 0.02 }),
      batches: repeat({}),
      steps: 20,
    });
    const free = (each: typeof model) => each.free['hidden.weight'] as { base: Tensor; up: Tensor };
    expect(await free(model).base.toArray()).toEqual(await network.hidden.weight.toArray());
    expect(await free(model).up.abs().max().item()).toBeGreaterThan(0);
  });

  it('combines several, each for weights of its own', async () => {
    const first = await reparameterize(new Network(randomKey(0)), /^hidden.weight$/, cubic);
    const both = await reparameterize(first, /^output.weight$/, lowRank(randomKey(5)));
    expect(flatten(both).paths).toEqual([
      'free.hidden.weight.v',
      'free.output.weight.base',
      'free.output.weight.down',
      'free.output.weight.up',
      'others.hidden.bias',
      'others.output.bias',
    ]);
    expect(materialize(both).call(inputs).shape).toEqual([16, 1]);
  });

  it('keeps tied weights tied: one free parameter for both places', async () => {
    const shared = new Linear(randomKey(0), 4, 4);
    const model = await reparameterize({ encoder: shared, decoder: shared }, /weight$/, cubic);
    expect(flatten(model).paths).toEqual(['free.encoder.weight.v', 'others.encoder.bias']);
    const { encoder, decoder } = materialize(model);
    expect(encoder.weight).toBe(decoder.weight);
  });

  it('keeps a parameter that several weights share as one', async () => {
    const size = tensor(2);
    const scaled: Reparameterization<{ v: Tensor; size: Tensor }> = {
      name: 'scaled',
      init: (weight) => ({ v: weight.div(2), size }),
      weight: ({ v, size: by }) => v.mul(by),
    };
    const model = await reparameterize(new Network(randomKey(0)), /weight$/, scaled);
    expect(flatten(model).paths.filter((path) => path.endsWith('size'))).toEqual(['free.hidden.weight.size']);
  });

  it('takes the state of the model back', async () => {
    const model = await reparameterize(
      { line: new Linear(randomKey(0), 3, 2), norm: new BatchNorm(2) },
      /^line/,
      cubic,
    );
    const made = materialize(model);
    const [, norm] = made.norm.train(made.line.call(inputs));
    const next = model.withOthers({ ...made, norm });
    expect(next.others['norm.running.mean']).toBe(norm.running.mean);
    expect(next.free).toBe(model.free);
    expect(() => next.withOthers({ line: made.line } as typeof made)).toThrow(
      'Reparameterized: the model has no tensor at norm.scale',
    );
  });

  it('refuses choices without a tensor, and weights that have one already', async () => {
    const network = new Network(randomKey(0));
    await expect(reparameterize(network, /kernel/, cubic)).rejects.toThrow(
      'reparameterize: /kernel/ matches no tensor; there are hidden.weight, hidden.bias, output.weight, output.bias',
    );
    const once = await reparameterize(network, /hidden.weight/, cubic);
    await expect(reparameterize(once, /weight$/, cubic)).rejects.toThrow(
      'reparameterize: hidden.weight is made by cubic already',
    );
  });

  it('refuses weights of another shape than they had', async () => {
    const flat: Reparameterization<Tensor> = {
      name: 'flat',
      init: (weight) => weight,
      weight: (free) => free.reshape([free.size]),
    };
    await expect(reparameterize(new Network(randomKey(0)), /hidden.weight/, flat)).rejects.toThrow(
      'flat: hidden.weight is [3, 8], its free parameters made [24]',
    );
  });
});
