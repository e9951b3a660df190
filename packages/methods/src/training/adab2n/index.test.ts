import { BatchNorm, Conv, fit, Linear, relu, repeat, Sequential, sgd } from '@evenkeel/nn';
import {
  compile,
  grad,
  iota,
  normal,
  RuntimeError,
  randomKey,
  splitKey,
  sub,
  type Tensor,
  take,
  tensor,
  valueAndGrad,
  variance,
  zeros,
} from '@evenkeel/tensor';
import { gradientError, secondGradientError } from '@evenkeel/tensor/testing';
import { describe, expect, it } from 'vitest';
import { type GoldenFile, testGolden } from '../../testing/golden.js';
import golden from './golden.json' with { type: 'json' };
import {
  AdaB2N,
  type AdaB2NOptions,
  adaptationLoss,
  batchShares,
  endTask,
  useAdaB2N,
  withTasks,
} from './index.js';

const float64 = (elements: Parameters<typeof tensor>[0]) => tensor(elements, 'float64');
const tasksOf = (tasks: readonly number[]) => tensor([...tasks], 'int32');
const numbersOf = async (x: Tensor) => Array.from(await x.data(), Number);
const with64 = (options: Omit<AdaB2NOptions, 'dtype'>, channels = 2) =>
  new AdaB2N(channels, { ...options, dtype: 'float64' });
/** The layer with some of its tensors replaced. */
const set = (layer: AdaB2N, fields: Partial<AdaB2N>): AdaB2N =>
  Object.assign(Object.create(AdaB2N.prototype), layer, fields);
const inTask = (layer: AdaB2N, task: number) => set(layer, { currentTask: float64(task) });
/** The examples from the last to the first. */
const reversed = (x: Tensor) => take(x, sub(x.length(0) - 1, iota(x.length(0))));
const largestDifference = (a: Tensor, b: Tensor) => a.sub(b).abs().max().item();

describe('golden values', () => {
  testGolden(golden as unknown as GoldenFile, {
    momentum: {
      run: async ({ inputs: { momentum, kappa, count } }) => ({
        eta: batchShares(count, { momentum, kappa }),
      }),
    },
    training: {
      async run({ inputs, options }) {
        const { currentTask, numTasks = inputs.phi.length, runningMean0 = 0, runningVar0 = 1 } = options;
        const { kappa, momentum, epsilon, missingTasks } = options;
        const batches: Tensor[] = inputs.batches.map(float64);
        const channels = batches[0]!.length(1);
        const fresh = with64({ tasks: numTasks, kappa, momentum, epsilon, missingTasks }, channels);
        let layer = set(fresh, {
          currentTask: float64(currentTask),
          concentration: float64(inputs.phi),
          ...(inputs.gamma && { scale: float64(inputs.gamma) }),
          ...(inputs.beta && { shift: float64(inputs.beta) }),
          running: {
            mean: zeros([channels], 'float64').add(float64(runningMean0)),
            variance: zeros([channels], 'float64').add(float64(runningVar0)),
          },
        });
        const [tasks, weights] = [tasksOf(inputs.tasks), float64(inputs.outputWeights)];
        const steps = [];
        for (const x of batches) {
          const total = (at: { x: Tensor; phi: Tensor }) => {
            const own = set(layer, { concentration: at.phi }).withTasks(tasks);
            const [output, next] = own.train(at.x);
            return [output.mul(weights).sum().add(adaptationLoss(next)), { output, next }] as const;
          };
          const [totalLoss, gradients, { output, next }] = valueAndGrad(total)({
            x,
            phi: layer.concentration,
          });
          steps.push({
            taskWeights: (await numbersOf(next.balance!.taskWeights!)).slice(0, currentTask + 1),
            output: await output.toArray(),
            runningMean: await next.running.mean.toArray(),
            runningVar: await next.running.variance.toArray(),
            adaptLoss: await adaptationLoss(next).item(),
            totalLoss: await totalLoss.item(),
            gradX: await gradients.x.toArray(),
            gradPhi: await gradients.phi.toArray(),
          });
          layer = set(next, { concentration: layer.concentration });
        }
        return { steps, evalOfFirstBatch: await layer.call(batches[0]!).toArray() };
      },
    },
  });
});

describe('shares of batches in the running statistics', () => {
  it('are 1 / i for kappa 0 and the momentum for kappa 1', () => {
    batchShares(5, { kappa: 0 }).forEach((share, i) => {
      expect(share).toBeCloseTo(1 / (i + 1), 14);
    });
    for (const share of batchShares(5, { kappa: 1 })) expect(share).toBeCloseTo(0.1, 14);
  });

  it('fall towards 1 - (1 - momentum)^kappa in between', () => {
    const expected = [0.39810717, 0.29340789, 0.23432526, 0.19640747, 0.17002929, 0.15063359];
    batchShares(6, { kappa: 0.4 }).forEach((share, i) => {
      expect(share).toBeCloseTo(expected[i]!, 8);
    });
    expect(batchShares(500, { kappa: 0.4 }).at(-1)).toBeCloseTo(1 - 0.9 ** 0.4, 9);
  });

  it('make the running mean the plain average of all batch means for kappa 0', async () => {
    let layer = with64({ tasks: 1, kappa: 0 });
    const batches = splitKey(randomKey(0), 4).map((key) => normal(key, [6, 2], { dtype: 'float64' }));
    for (const x of batches) [, layer] = layer.train(x);
    const average = batches
      .map((x) => x.mean({ axis: 0 }))
      .reduce((a, b) => a.add(b))
      .div(4);
    expect(await largestDifference(layer.running.mean, average)).toBeLessThan(1e-14);
  });
});

describe('AdaB2N', () => {
  const x = normal(randomKey(1), [6, 2, 3, 2], { dtype: 'float64' }).mul(2).add(1);
  const weightsOf = async (layer: AdaB2N, tasks: readonly number[]) => {
    const [, { balance }] = layer.withTasks(tasksOf(tasks)).train(take(x, iota(tasks.length)));
    return numbersOf(balance!.taskWeights!);
  };

  it('weighs tasks by one more example than they have at first', async () => {
    const layer = inTask(with64({ tasks: 3 }), 2);
    const expected = [3 / 9, 2 / 9, 4 / 9];
    (await weightsOf(layer, [0, 0, 1, 2, 2, 2])).forEach((weight, k) => {
      expect(weight).toBeCloseTo(expected[k]!, 14);
    });
  });

  it('is ordinary batch normalization where the prior vanishes', async () => {
    const layer = set(inTask(with64({ tasks: 3 }), 2), { concentration: float64([-800, -800, -800]) });
    const [balanced] = layer.withTasks(tasksOf([0, 0, 1, 2, 2, 2])).train(x);
    const [ordinary] = new BatchNorm(2, { dtype: 'float64' }).train(x);
    expect(await largestDifference(balanced, ordinary)).toBeLessThan(1e-12);
  });

  it('gives all tasks the same weight where the prior is strong', async () => {
    const layer = set(inTask(with64({ tasks: 3 }), 2), { concentration: float64([40, 40, 40]) });
    for (const weight of await weightsOf(layer, [0, 0, 0, 0, 1, 2])) expect(weight).toBeCloseTo(1 / 3, 12);
    const one = set(inTask(with64({ tasks: 2, kappa: 0 }), 1), { concentration: float64([40, 40]) });
    const values = float64([
      [1, 0],
      [3, 0],
      [10, 4],
    ]);
    const [, next] = one.withTasks(tasksOf([0, 0, 1])).train(values);
    (await numbersOf(next.running.mean)).forEach((mean, c) => {
      expect(mean).toBeCloseTo([6, 2][c]!, 9);
    });
  });

  it('keeps the weight of a missing task, or gives it to the others', async () => {
    const tasks = [0, 2, 2, 2];
    for (const [missingTasks, expected] of [
      ['keep', [2 / 7, 1 / 7, 4 / 7]],
      ['renormalize', [2 / 6, 0, 4 / 6]],
    ] as const) {
      const layer = inTask(with64({ tasks: 3, missingTasks, kappa: 0 }), 2);
      (await weightsOf(layer, tasks)).forEach((weight, k) => {
        expect(weight).toBeCloseTo(expected[k]!, 14);
      });
      // The mean of ones is the sum of the examples' weights.
      const [, next] = layer.withTasks(tasksOf(tasks)).train(zeros([4, 2], 'float64').add(1));
      const sum = missingTasks === 'keep' ? 6 / 7 : 1;
      for (const mean of await numbersOf(next.running.mean)) expect(mean).toBeCloseTo(sum, 14);
    }
  });

  it('does not depend on the order of the examples', async () => {
    const layer = inTask(with64({ tasks: 3 }), 2);
    const [[straight], [turned]] = [
      layer.withTasks(tasksOf([0, 0, 1, 2, 2, 2])).train(x),
      layer.withTasks(tasksOf([2, 2, 2, 1, 0, 0])).train(reversed(x)),
    ];
    expect(await largestDifference(straight, reversed(turned))).toBeLessThan(1e-12);
  });

  it('moves only the running mean when a constant is added', async () => {
    const layer = inTask(with64({ tasks: 3, kappa: 0 }), 2).withTasks(tasksOf([0, 0, 1, 2, 2, 2]));
    const [[before, first], [after, second]] = [layer.train(x), layer.train(x.add(5))];
    expect(await largestDifference(before, after)).toBeLessThan(1e-12);
    expect(await largestDifference(first.running.variance, second.running.variance)).toBeLessThan(1e-12);
    expect(await largestDifference(first.running.mean.add(5), second.running.mean)).toBeLessThan(1e-12);
  });

  it('is batch normalization with the biased variance for one task, and leaves phi alone', async () => {
    const weights = normal(randomKey(3), x.shape, { dtype: 'float64' });
    const [ordinary] = new BatchNorm(2, { dtype: 'float64' }).train(x);
    const layer = with64({ tasks: 3, kappa: 0 });
    const ofPhi = (phi: Tensor) =>
      set(layer, { concentration: phi })
        .withTasks(tasksOf([0, 0, 0, 0, 0, 0]))
        .train(x)[0]
        .mul(weights)
        .sum();
    for (const slope of await numbersOf(grad(ofPhi)(float64([0.3, 0, -1])))) expect(slope).toBeCloseTo(0, 12);
    for (const own of [layer, layer.withTasks(tasksOf([0, 0, 0, 0, 0, 0]))]) {
      const [output, next] = own.train(x);
      expect(await largestDifference(output, ordinary)).toBeLessThan(1e-12);
      const biased = variance(x.transpose([1, 0, 2, 3]).reshape([2, 36]), { axis: 1 });
      expect(await largestDifference(next.running.variance, biased)).toBeLessThan(1e-12);
    }
  });

  it('learns phi by the derivative of a posterior mean', async () => {
    const [phi, counts] = [
      [0.2, -0.3, 0.1],
      [1, 2, 3],
    ];
    const conc = phi.map((each, k) => Math.exp(each) + counts[k]!);
    const S = conc.reduce((a, b) => a + b);
    for (const k of [0, 1, 2]) {
      const weightOf = (at: Tensor) =>
        take(
          set(inTask(with64({ tasks: 3 }), 2), { concentration: at })
            .withTasks(tasksOf([0, 1, 1, 2, 2, 2]))
            .train(x)[1].balance!.taskWeights!,
          tensor(k, 'int32'),
        );
      (await numbersOf(grad(weightOf)(float64(phi)))).forEach((slope, j) => {
        const own = Math.exp(phi[j]!);
        const expected = j === k ? (own * (S - conc[k]!)) / S ** 2 : (-conc[k]! * own) / S ** 2;
        expect(slope).toBeCloseTo(expected, 12);
      });
    }
  });

  it('has the derivatives that finite differences find, in first and second order', async () => {
    const layer = inTask(with64({ tasks: 2 }), 1);
    const small = normal(randomKey(4), [4, 2], { dtype: 'float64' });
    const of = (at: Tensor, phi: Tensor) => {
      const [output, next] = set(layer, { concentration: phi })
        .withTasks(tasksOf([0, 0, 0, 1]))
        .train(at);
      return output.square().mul(output).sum().add(next.balance!.taskWeights!.square().sum());
    };
    expect(await gradientError(of, [small, float64([0.3, -0.4])])).toBeLessThan(1e-6);
    expect(await secondGradientError(of, [small, float64([0.3, -0.4])])).toBeLessThan(1e-6);
  });

  it('evaluates by its running statistics', async () => {
    const layer = set(with64({ tasks: 2 }), {
      running: { mean: float64([1, -1]), variance: float64([4, 0.25]) },
    });
    const values = await numbersOf(layer.call(float64([[3, 0]])));
    expect(values[0]).toBeCloseTo(1, 5);
    expect(values[1]).toBeCloseTo(2, 4);
  });

  it('takes one value a channel', async () => {
    const [output] = with64({ tasks: 1 }).train(float64([[5, -3]]));
    expect(await numbersOf(output)).toEqual([0, 0]);
  });
});

describe('the adaptation loss', () => {
  const batch = float64([
    [1, 2],
    [3, 6],
  ]);

  it('is 0 where the running statistics are those of the batch', async () => {
    const [, next] = with64({ tasks: 1, kappa: 0 }).train(batch);
    expect(await adaptationLoss(next).item()).toBe(0);
  });

  it('is the squared distance that the step has left, as a mean over channels', async () => {
    const [, next] = with64({ tasks: 1, kappa: 1 }).train(batch);
    const [means, variances] = [
      [2, 4],
      [1, 4],
    ];
    const expected =
      means.reduce((total, m) => total + (0.9 * m) ** 2 / 2, 0) +
      variances.reduce((total, v) => total + (0.9 * (v - 1)) ** 2 / 2, 0);
    expect(await adaptationLoss(next).item()).toBeCloseTo(expected, 12);
  });

  it('sums over layers, and begins with the task that is asked for', async () => {
    const layer = with64({ tasks: 2, kappa: 1 });
    const [, first] = layer.train(batch);
    const [, second] = inTask(layer, 1).train(batch);
    const one = await adaptationLoss(first).item();
    expect(await adaptationLoss({ first, second }).item()).toBeCloseTo(2 * one, 12);
    expect(await adaptationLoss({ first, second }, { from: 1 }).item()).toBeCloseTo(one, 12);
  });
});

describe('in a model', () => {
  const network = () => {
    const [first, second] = splitKey(randomKey(0));
    return new Sequential(
      new Linear(first, 3, 8),
      new BatchNorm(8, { momentum: 0.2 }),
      relu,
      new Linear(second, 8, 1),
    );
  };
  const x = normal(randomKey(1), [12, 3]);
  const tasks = tasksOf([0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1]);

  it('takes the place of batch normalization and evaluates the same', async () => {
    const plain = network();
    const [, trained] = plain.train(x);
    const swapped = useAdaB2N(trained, { tasks: 2 });
    const layer = swapped.steps[1] as AdaB2N;
    expect(layer).toBeInstanceOf(AdaB2N);
    expect([layer.momentum, layer.kappa]).toEqual([0.2, 0.4]);
    expect(await largestDifference(swapped.call(x), trained.call(x))).toBe(0);
    expect(swapped.steps[0]).toBe(trained.steps[0]);
  });

  it('trains in a loss that says the tasks: state moves, phi learns, the task stays under weight decay', async () => {
    const start = endTask(useAdaB2N(network(), { tasks: 2 }));
    const { model, loss } = await fit({
      model: start,
      loss: (at, { tasks: own }) => {
        const [output, next] = withTasks(at, own).train(x);
        const fitted = output
          .sub(x.sum({ axis: 1, keepAxes: true }))
          .square()
          .mean();
        return { loss: fitted.add(adaptationLoss(next).mul(0.1)), model: next };
      },
      optimizer: sgd({ learningRate: 0.05 }),
      batches: repeat({ tasks }),
      steps: 60,
    });
    const layer = model.steps[1] as AdaB2N;
    expect(loss).toBeLessThan(1);
    expect(await layer.currentTask.item()).toBe(1);
    expect(await layer.share.item()).toBeCloseTo(batchShares(61, { momentum: 0.2 }).at(-1)!, 5);
    expect(await layer.concentration.abs().max().item()).toBeGreaterThan(1e-4);
    expect(Object.keys(layer).sort()).toEqual(Object.keys(start.steps[1] as AdaB2N).sort());
  });

  it('works on images, after convolutions', () => {
    const model = useAdaB2N(new Sequential(new Conv(randomKey(0), 1, 4, [3, 3]), new BatchNorm(4)), {
      tasks: 3,
    });
    const [output] = withTasks(model, tasksOf([0, 0])).train(zeros([2, 1, 6, 6]));
    expect(output.shape).toEqual([2, 4, 4, 4]);
  });

  it('counts tasks', async () => {
    const layer = endTask(endTask({ norm: with64({ tasks: 3 }) })).norm;
    expect(await layer.currentTask.item()).toBe(2);
    expect(() => endTask({ layer })).toThrow(
      'AdaB2N: the layer was made for 3 tasks, and the last one is on',
    );
  });
});

describe('bad input', () => {
  const layer = with64({ tasks: 3 });
  const x = zeros([2, 2], 'float64');
  it.each([
    ['kappa above 1', () => with64({ tasks: 1, kappa: 1.5 }), 'AdaB2N: kappa must be in [0, 1], got 1.5'],
    [
      'a negative kappa',
      () => batchShares(1, { kappa: -0.1 }),
      'batchShares: kappa must be in [0, 1], got -0.1',
    ],
    [
      'a momentum of 0',
      () => with64({ tasks: 1, momentum: 0 }),
      'AdaB2N: momentum must be between 0 and 1, got 0',
    ],
    [
      'a momentum of 1',
      () => batchShares(1, { momentum: 1 }),
      'batchShares: momentum must be between 0 and 1, got 1',
    ],
    [
      'a count that is negative',
      () => batchShares(-1),
      'batchShares: count must be a non-negative integer, got -1',
    ],
    ['no tasks', () => with64({ tasks: 0 }), 'AdaB2N: tasks must be a positive integer, got 0'],
    ['an epsilon of 0', () => with64({ tasks: 1, epsilon: 0 }), 'AdaB2N: epsilon must be above 0, got 0'],
    [
      'an unknown treatment of missing tasks',
      () => with64({ tasks: 1, missingTasks: 'drop' as 'keep' }),
      'AdaB2N: missingTasks must be keep or renormalize, got drop',
    ],
    [
      'a task to come',
      () => layer.withTasks(tasksOf([0, 1])),
      'AdaB2N: task 1 of an example is not from 0 to 0, the current task',
    ],
    [
      'a negative task',
      () => layer.withTasks(tasksOf([-1, 0])),
      'AdaB2N: task -1 of an example is not from 0 to 0, the current task',
    ],
    [
      'a task beyond the last',
      () => inTask(layer, 2).withTasks(tasksOf([3, 0])),
      'AdaB2N: task 3 of an example is not from 0 to 2, the current task',
    ],
    [
      'tasks that are no integers',
      () => layer.withTasks(float64([0, 0])),
      'AdaB2N: tasks must be int32 or int64, got float64',
    ],
    [
      'tasks of rank 2',
      () => layer.withTasks(zeros([2, 1], 'int32')),
      'AdaB2N: tasks must be [n], got [2, 1]',
    ],
    [
      'too few tasks',
      () => layer.withTasks(tasksOf([0])).train(x),
      'AdaB2N: 2 examples want as many tasks, got 1',
    ],
    [
      'too many tasks',
      () => layer.withTasks(tasksOf([0, 0, 0])).train(x),
      'AdaB2N: 2 examples want as many tasks, got 3',
    ],
    [
      'an empty batch',
      () => layer.train(zeros([0, 2], 'float64')),
      'AdaB2N: expected at least one example, got [0, 2]',
    ],
    [
      'other channels',
      () => layer.call(zeros([1, 3], 'float64')),
      'AdaB2N: expected an input of shape [n, 2, ...], got [1, 3]',
    ],
    [
      'no layer to tell',
      () => withTasks({ norm: new BatchNorm(2) }, tasksOf([0])),
      'withTasks: the model has no AdaB2N layer',
    ],
    [
      'no layer to replace',
      () => useAdaB2N({ layer }, { tasks: 2 }),
      'useAdaB2N: the model has no BatchNorm layer',
    ],
    [
      'a loss before training',
      () => adaptationLoss({ layer }),
      'adaptationLoss: expected the model that train has returned',
    ],
    [
      'a first task that is none',
      () => adaptationLoss({ layer }, { from: -1 }),
      'adaptationLoss: from must be a non-negative integer, got -1',
    ],
  ])('is refused: %s', (_, act, message) => {
    expect(act).toThrow(message);
  });

  it('stops a compiled run, where tasks become known', async () => {
    const run = compile((own: AdaB2N, tasks: Tensor) => own.withTasks(tasks).train(x.add(1))[0]);
    expect((await run(inTask(layer, 1), tasksOf([0, 1]))).shape).toEqual([2, 2]);
    await expect(run(inTask(layer, 1), tasksOf([0, 2]))).rejects.toThrow(RuntimeError);
    await expect(run(inTask(layer, 1), tasksOf([-1, 0]))).rejects.toThrow(RuntimeError);
  });
});
