import {
  compile,
  copy,
  evaluate,
  grad,
  hvp,
  normal,
  randomKey,
  splitKey,
  type Tensor,
  tensor,
  uniform,
} from '@evenkeel/tensor';
import { gradientError } from '@evenkeel/tensor/testing';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  accuracy,
  adam,
  adamW,
  applyUpdates,
  chain,
  crossEntropy,
  Embedding,
  fanInUniform,
  fit,
  type GradientTransform,
  glorotUniform,
  heNormal,
  Linear,
  relu,
  repeat,
  scale,
  sgd,
  train,
} from './index.js';

const labelsOf = (labels: number[]) => tensor(labels, 'int32');

describe('layers', () => {
  it('Linear multiplies and adds, over any leading axes', async () => {
    const layer = new Linear(randomKey(0), 3, 2);
    expect([layer.weight.shape, layer.bias?.shape]).toEqual([[3, 2], [2]]);
    const x = normal(randomKey(1), [4, 5, 3]);
    expect(layer.call(x).shape).toEqual([4, 5, 2]);
    const [weight, bias, input, output] = await Promise.all(
      [layer.weight, layer.bias!, x, layer.call(x)].map(async (each) => [...(await each.data())].map(Number)),
    );
    const expected = input!.slice(0, 3).reduce((total, each, i) => total + each * weight![2 * i]!, bias![0]!);
    expect(output![0]).toBeCloseTo(expected, 5);
  });

  it('Linear without a bias has none, and starts within 1/√inputs', async () => {
    const layer = new Linear(randomKey(0), 100, 50, { bias: false });
    expect(layer.bias).toBeUndefined();
    const weights = (await layer.weight.data()) as Float32Array;
    expect(Math.max(...weights.map(Math.abs))).toBeLessThanOrEqual(0.1);
    expect(Math.max(...weights)).toBeGreaterThan(0.09);
  });

  it('Linear refuses inputs of another width', () => {
    expect(() => new Linear(randomKey(0), 3, 2).call(tensor([[1, 2]]))).toThrow(
      'Linear: expected an input of shape [..., 3], got [1, 2]',
    );
  });

  it('Embedding looks rows up and learns only those', async () => {
    const layer = new Embedding(randomKey(0), 4, 3);
    const loss = (model: Embedding) => model.call(labelsOf([1, 1, 3])).sum();
    expect(await grad(loss)(layer).table.toArray()).toEqual([
      [0, 0, 0],
      [2, 2, 2],
      [0, 0, 0],
      [1, 1, 1],
    ]);
    await expect(layer.call(labelsOf([4])).data()).rejects.toThrow('index 4 is outside');
  });

  it('initializers have the deviations that they promise', async () => {
    const deviation = async (weights: Tensor) => Math.sqrt(await weights.square().mean().item());
    const [key, shape] = [randomKey(2), [200, 300]];
    expect(await deviation(fanInUniform(key, shape))).toBeCloseTo(200 ** -0.5 / Math.sqrt(3), 3);
    expect(await deviation(glorotUniform(key, shape))).toBeCloseTo(Math.sqrt(2 / 500), 3);
    expect(await deviation(heNormal(key, shape))).toBeCloseTo(Math.sqrt(2 / 200), 3);
  });
});

describe('cross-entropy', () => {
  it('is minus the log-probability of the label', async () => {
    const logits = tensor(
      [
        [1, 2, 3],
        [0, 0, 0],
      ],
      'float64',
    );
    const losses = (await crossEntropy(logits, labelsOf([2, 0]), {
      reduction: 'none',
    }).toArray()) as number[];
    expect(losses[0]).toBeCloseTo(0.40760596444438, 12);
    expect(losses[1]).toBeCloseTo(Math.log(3), 12);
    expect(await crossEntropy(logits, labelsOf([2, 0])).item()).toBeCloseTo(
      (losses[0]! + losses[1]!) / 2,
      12,
    );
  });

  it('has the gradient (softmax - one-hot) / samples', async () => {
    const logits = normal(randomKey(4), [3, 5], { dtype: 'float64' });
    const loss = (at: Tensor) => crossEntropy(at, labelsOf([4, 0, 2]));
    expect(await gradientError(loss, [logits])).toBeLessThan(1e-6);
    const rows = (await grad(loss)(logits).toArray()) as number[][];
    for (const row of rows) expect(row.reduce((a, b) => a + b)).toBeCloseTo(0, 12);
  });

  it('is finite for logits of ±1e4 in float32, with a finite gradient', async () => {
    const logits = tensor([[1e4, -1e4, 0]]);
    const loss = (at: Tensor) => crossEntropy(at, labelsOf([1]));
    expect(await loss(logits).item()).toBe(2e4);
    expect(await grad(loss)(logits).toArray()).toEqual([[1, -1, 0]]);
  });

  it('does not change when all logits shift', async () => {
    await fc.assert(
      fc.asyncProperty(fc.double({ min: -100, max: 100, noNaN: true }), async (shift) => {
        const logits = tensor([[0.3, -1.2, 2]], 'float64');
        const [plain, shifted] = [logits, logits.add(tensor(shift, 'float64'))].map((each) =>
          crossEntropy(each, labelsOf([0])),
        );
        expect(await shifted!.item()).toBeCloseTo(await plain!.item(), 9);
      }),
      { numRuns: 20 },
    );
  });

  it('takes sequences: [batch, time, classes] and [batch, time]', async () => {
    const logits = normal(randomKey(5), [2, 3, 4]);
    const labels = tensor(
      [
        [0, 1, 2],
        [3, 2, 1],
      ],
      'int32',
    );
    const flat = crossEntropy(logits.reshape([6, 4]), labels.reshape([6]));
    expect(await crossEntropy(logits, labels).item()).toBeCloseTo(await flat.item(), 6);
  });

  it('refuses labels outside the classes, known or not', async () => {
    const logits = tensor([
      [1, 2],
      [3, 4],
    ]);
    expect(() => crossEntropy(logits, labelsOf([0, 2]))).toThrow('crossEntropy: label 2 is outside [0, 2)');
    expect(() => crossEntropy(logits, tensor([0, 1]))).toThrow(
      'labels must be int32 or int64 class indices, got float32',
    );
    expect(() => crossEntropy(logits, labelsOf([0]))).toThrow('logits [2, 2] want labels [2], got [1]');
    const compiled = compile((scores: Tensor, labels: Tensor) => crossEntropy(scores, labels));
    await expect(compiled(logits, labelsOf([0, 2]))).rejects.toThrow('is outside');
    await expect(compiled(logits, labelsOf([-1, 0]))).rejects.toThrow('is outside');
  });

  it('accuracy counts the largest logits', async () => {
    expect(
      await accuracy(
        tensor([
          [1, 2],
          [4, 3],
          [0, 5],
        ]),
        labelsOf([1, 1, 1]),
      ).item(),
    ).toBeCloseTo(2 / 3, 6);
    expect(() => accuracy(tensor([[1, 2]]), labelsOf([0, 1]))).toThrow('want labels [1], got [2]');
  });
});

describe('optimizers', () => {
  /** Weights after some steps on fixed gradients. */
  async function trajectory(transform: GradientTransform, gradients: number[], start = 1): Promise<number[]> {
    let params = { w: tensor(start, 'float64') };
    let state = transform.init(params);
    const visited: number[] = [];
    for (const gradient of gradients) {
      const [updates, next] = transform.update({ w: tensor(gradient, 'float64') }, state, params);
      params = applyUpdates(params, updates);
      state = next;
      visited.push(await params.w.item());
    }
    return visited;
  }
  const expectClose = (actual: number[], expected: number[]) => {
    actual.forEach((each, i) => {
      expect(each).toBeCloseTo(expected[i]!, 10);
    });
  };

  it('SGD follows the gradient, with momentum its running sum', async () => {
    expectClose(await trajectory(sgd({ learningRate: 0.1 }), [1, 2]), [0.9, 0.7]);
    // velocities 1, 2.9, 5.61
    expectClose(await trajectory(sgd({ learningRate: 0.1, momentum: 0.9 }), [1, 2, 3]), [0.9, 0.61, 0.049]);
  });

  /** Adam as its paper writes it, in plain numbers. */
  function plainAdam(gradients: number[], rate: number, decay: number, start = 1): number[] {
    let [w, m, v] = [start, 0, 0];
    return gradients.map((g, i) => {
      m = 0.9 * m + 0.1 * g;
      v = 0.999 * v + 0.001 * g * g;
      const step = m / (1 - 0.9 ** (i + 1)) / (Math.sqrt(v / (1 - 0.999 ** (i + 1))) + 1e-8);
      w -= rate * (step + decay * w);
      return w;
    });
  }

  it('Adam and AdamW agree with their papers', async () => {
    const gradients = [0.3, -2, 0.5, 0, 1e-3];
    expectClose(await trajectory(adam({ learningRate: 0.01 }), gradients), plainAdam(gradients, 0.01, 0));
    expectClose(
      await trajectory(adamW({ learningRate: 0.01, weightDecay: 0.5 }), gradients),
      plainAdam(gradients, 0.01, 0.5),
    );
  });

  it('Adam takes its first steps to the last digits in float32', async () => {
    // With one gradient again and again, both corrected moments are that gradient: each step is the learning rate.
    const transform = adam({ learningRate: 1 });
    let params = tensor(0);
    let state = transform.init(params);
    for (const step of [1, 2, 3]) {
      const [updates, next] = transform.update(tensor(0.5), state, params);
      [params, state] = [applyUpdates(params, updates), next];
      expect(Math.abs((await params.item()) + step)).toBeLessThan(2e-6);
    }
  });

  it('chain applies one transform after the other', async () => {
    expectClose(await trajectory(chain(scale(2), scale(-0.5)), [1, 1]), [0, -1]);
  });

  it('tied weights stay tied and get the sum of their gradients', async () => {
    const shared = tensor(1, 'float64');
    const params = { a: shared, b: shared };
    const gradients = grad((p: typeof params) => p.a.mul(2).add(p.b.mul(3)))(params);
    const transform = adam({ learningRate: 0.1 });
    const [updates] = transform.update(gradients, transform.init(params), params);
    const next = applyUpdates(params, updates);
    expect(next.a).toBe(next.b);
  });

  it('refuse settings outside their range', () => {
    expect(() => adam({ learningRate: -1 })).toThrow('adam: learningRate must be in [0, Infinity), got -1');
    expect(() => adam({ learningRate: 0.1, beta1: 1 })).toThrow('adam: beta1 must be in [0, 1), got 1');
    expect(() => sgd({ learningRate: Number.NaN })).toThrow('sgd: learningRate');
    expect(() => adamW({ learningRate: 0.1, weightDecay: -0.1 })).toThrow('adamW: weightDecay');
  });
});

class Classifier {
  readonly hidden: Linear;
  readonly output: Linear;
  constructor(key: Tensor) {
    const [first, second] = splitKey(key);
    this.hidden = new Linear(first, 2, 16);
    this.output = new Linear(second, 16, 2);
  }
  call(x: Tensor): Tensor {
    return this.output.call(relu(this.hidden.call(x)));
  }
}

describe('training', () => {
  /** Points inside or outside a circle. */
  async function circle() {
    const inputs = await evaluate(uniform(randomKey(1), [256, 2], { low: -1, high: 1 }));
    const points = (await inputs.toArray()) as number[][];
    return { inputs, labels: labelsOf(points.map(([x, y]) => Number(Math.hypot(x!, y!) < 0.7))) };
  }
  type Batch = Awaited<ReturnType<typeof circle>>;
  const loss = (model: Classifier, { inputs, labels }: Batch) => {
    const logits = model.call(inputs);
    return { loss: crossEntropy(logits, labels), metrics: { accuracy: accuracy(logits, labels) } };
  };
  const options = async (steps: number) => ({
    model: new Classifier(randomKey(0)),
    loss,
    optimizer: adam({ learningRate: 0.02 }),
    batches: repeat(await circle()),
    steps,
  });

  it('learns a circle', async () => {
    const seen: number[] = [];
    const { model, metrics, step } = await fit({
      ...(await options(200)),
      onEvent(event) {
        if (event.type === 'step') seen.push(event.step);
      },
    });
    expect(metrics.accuracy).toBeGreaterThan(0.95);
    expect(step).toBe(200);
    expect(seen).toEqual(Array.from({ length: 200 }, (_, i) => i + 1));
    expect(model).toBeInstanceOf(Classifier);
  });

  it('repeats itself bit for bit', async () => {
    const [first, second] = [await fit(await options(20)), await fit(await options(20))];
    expect(first.loss).toBe(second.loss);
    expect(await first.model.hidden.weight.data()).toEqual(await second.model.hidden.weight.data());
  });

  it('stops between steps when it is aborted', async () => {
    const controller = new AbortController();
    const seen: number[] = [];
    const running = fit({
      ...(await options(100)),
      signal: controller.signal,
      onEvent(event) {
        if (event.type !== 'step') return;
        seen.push(event.step);
        if (event.step === 3) controller.abort(new Error('enough'));
      },
    });
    await expect(running).rejects.toThrow('enough');
    expect(seen).toEqual([1, 2, 3]);
  });

  it('refuses no steps, too few batches and a loss that is not finite', async () => {
    const good = await options(5);
    await expect(fit({ ...good, steps: 0 })).rejects.toThrow('fit: steps must be a positive integer, got 0');
    await expect(fit({ ...good, batches: [await circle()] })).rejects.toThrow(
      'the batches ended after 1 of 5 steps',
    );
    const broken = { ...good, loss: (model: Classifier, batch: Batch) => loss(model, batch).loss.div(0) };
    await expect(fit(broken)).rejects.toThrow(/the loss is (Infinity|NaN) at step 1 of 5/);
  });

  it('yields the model of every step, and takes it over in the next', async () => {
    const given = await options(2);
    const models: Classifier[] = [];
    const kept: Classifier[] = [];
    for await (const { model } of train(given)) {
      models.push(model);
      kept.push(await copy(model));
    }
    expect(await kept[0]!.output.weight.data()).not.toEqual(await kept[1]!.output.weight.data());
    expect(await models[1]!.output.weight.data()).toEqual(await kept[1]!.output.weight.data());
    await expect(models[0]!.output.weight.data()).rejects.toThrow('was donated to a compiled function');
    expect(await given.model.output.weight.data()).not.toEqual(await kept[0]!.output.weight.data());
  });

  it('curvature of a network along a direction agrees with differences of its gradient', async () => {
    const { inputs, labels } = await circle();
    const model = new Classifier(randomKey(0));
    const total = (at: Classifier) => crossEntropy(at.call(inputs), labels);
    const direction = new Classifier(randomKey(9));
    const exact = (await hvp(total, model, direction).output.weight.data()) as Float32Array;
    const shifted = (by: number) => applyUpdates(model, chain(scale(by)).update(direction, [[]], model)[0]);
    const slopes = await Promise.all(
      [1e-2, -1e-2].map((by) => grad(total)(shifted(by)).output.weight.data()),
    );
    exact.forEach((value, i) => {
      expect((Number(slopes[0]![i]) - Number(slopes[1]![i])) / 2e-2).toBeCloseTo(value, 2);
    });
  });
});
