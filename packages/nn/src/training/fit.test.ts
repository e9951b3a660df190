import { bernoulli, foldIn, randomKey, type Tensor, tensor, zeros } from '@evenkeel/tensor';
import { describe, expect, it } from 'vitest';
import { columns } from '../data/dataset.js';
import { loader } from '../data/loader.js';
import { sgd } from '../optimizers/sgd.js';
import { repeat } from './batches.js';
import { evaluator } from './evaluator.js';
import { fit } from './fit.js';
import type { FitEvent, FitOptions } from './fitOptions.js';
import { smallRun } from './testing/smallRun.js';
import { train } from './train.js';

interface Point {
  readonly at: Tensor;
}

/** Counts up by 1 a step: the gradient is -1. */
const counting = (): FitOptions<Point, Tensor> => ({
  model: { at: zeros([], 'float64') },
  loss: ({ at }) => at.neg(),
  optimizer: sgd({ learningRate: 1 }),
  batches: repeat(tensor([0, 0])),
  steps: 4,
});

const numbers = columns({
  x: { data: Float64Array.of(1, 2, 3, 4, 50), shape: [5], dtype: 'float64' },
});
const inOrder = loader(numbers, { batchSize: 2, seed: 0, shuffle: false, last: 'keep' });

/** What happens in a run, in short. */
async function eventsOf<Model, Batch>(options: FitOptions<Model, Batch>): Promise<string[]> {
  const seen: string[] = [];
  await fit({
    ...options,
    onEvent: (event) => {
      seen.push(event.type === 'end' ? `end ${event.step}: ${event.reason}` : `${event.type} ${event.step}`);
    },
  });
  return seen;
}

describe('fit', () => {
  it('tells what happens in order', async () => {
    const run = async ({ at }: Point) => ({ at: await at.item() });
    const { steps: _, ...counted } = counting();
    const batches = { batchesPerEpoch: 2, batchesFrom: () => repeat(tensor([0, 0])) };
    expect(await eventsOf({ ...counted, batches, epochs: 2, evaluate: { every: 3, run } })).toEqual([
      'step 1',
      'step 2',
      'epoch 2',
      'step 3',
      'evaluation 3',
      'step 4',
      'epoch 4',
      'evaluation 4',
      'end 4: steps',
    ]);
    const { evaluations } = await fit({ ...counted, batches, epochs: 3, evaluate: { every: 'epoch', run } });
    expect(evaluations).toEqual([2, 4, 6].map((step) => ({ step, metrics: { at: step } })));
  });

  it('waits for what it tells', async () => {
    let waiting = 0;
    await fit({
      ...counting(),
      onEvent: async () => {
        expect(++waiting).toBe(1);
        await new Promise((done) => setTimeout(done));
        waiting--;
      },
    });
    expect(waiting).toBe(0);
  });

  it('weighs the means of an epoch by the samples of batches', async () => {
    const epochs: FitEvent<Point>[] = [];
    await fit({
      model: { at: zeros([], 'float64') },
      loss: ({ at }, { x }) => ({ loss: x.mean().add(at.mul(0)), metrics: { square: x.square().mean() } }),
      optimizer: sgd({ learningRate: 1 }),
      batches: inOrder,
      epochs: 2,
      onEvent: (event) => {
        if (event.type === 'epoch') epochs.push(event);
      },
    });
    expect(epochs).toEqual(
      [1, 2].map((epoch) => ({ type: 'epoch', epoch, step: 3 * epoch, loss: 12, metrics: { square: 506 } })),
    );
  });

  it('gives every step a key of its own, the same in every run', async () => {
    const key = randomKey(3);
    const draws = async (options: Partial<FitOptions<Point, Tensor>>) => {
      const drawn: number[] = [];
      await fit({
        ...counting(),
        loss: ({ at }, _, stepKey) => ({
          loss: at.neg(),
          metrics: { bit: bernoulli(stepKey, 0.5, [20]).cast('float64').mean() },
        }),
        ...options,
        onEvent: (event) => {
          if (event.type === 'step') drawn.push(event.metrics.bit!);
        },
      });
      return drawn;
    };
    const expected = await Promise.all(
      [0, 1, 2, 3].map((step) => bernoulli(foldIn(key, step), 0.5, [20]).cast('float64').mean().item()),
    );
    expect(await draws({ key })).toEqual(expected);
    expect(new Set(expected).size).toBeGreaterThan(1);
    expect(await draws({})).toEqual(await draws({ key: randomKey(0) }));
  });

  it('learns with normalization, dropout and a schedule', async () => {
    const { evaluations } = await fit(smallRun(60));
    expect(evaluations.at(-1)!.metrics.error).toBeLessThan(0.5 * evaluations[0]!.metrics.error!);
  });
});

describe('early stopping', () => {
  /** Runs until it stops, with given values at the evaluations of each step. */
  const stopped = (
    values: readonly number[],
    rules: Partial<NonNullable<FitOptions<Point, Tensor>['earlyStopping']>>,
  ) =>
    fit({
      ...counting(),
      steps: values.length,
      evaluate: { every: 1, run: async ({ at }) => ({ value: values[(await at.item()) - 1]! }) },
      earlyStopping: { metric: 'value', patience: 2, ...rules },
    });

  it('ends after evaluations without improvement, and returns the best model', async () => {
    const { step, steps, reason, bestStep, model, evaluations } = await stopped([5, 4, 3, 4, 3, 2, 1], {});
    expect({ step, steps, reason, bestStep }).toEqual({
      step: 5,
      steps: 7,
      reason: 'early stopping',
      bestStep: 3,
    });
    expect(await model.at.item()).toBe(3);
    expect(evaluations.map(({ metrics }) => metrics.value)).toEqual([5, 4, 3, 4, 3]);
  });

  it('returns the best model when the steps are up, too', async () => {
    const { reason, bestStep, model } = await stopped([1, 3, 2], { better: 'higher' });
    expect([reason, bestStep, await model.at.item()]).toEqual(['steps', 2, 2]);
  });

  it('takes small improvements for none', async () => {
    const { step, bestStep } = await stopped([3, 2.95, 2.91, 2.5], { minimumChange: 0.1 });
    expect([step, bestStep]).toEqual([3, 1]);
    expect((await stopped([3, 2.95, 2.8, 2.75, 2.71], { minimumChange: 0.1 })).bestStep).toBe(3);
  });

  it('takes NaN for no improvement', async () => {
    const { step, bestStep, model } = await stopped([Number.NaN, Number.NaN, 1], {});
    expect([step, bestStep, await model.at.item()]).toEqual([2, undefined, 2]);
    expect((await stopped([Number.NaN, 2, Number.NaN, 1], {})).bestStep).toBe(4);
  });
});

describe('evaluator', () => {
  const mean = (_: unknown, { x }: { readonly x: Tensor }) => ({ mean: x.mean() });

  it('means over samples, the first epoch of a source or all of an array', async () => {
    const measure = evaluator(mean, inOrder);
    expect(await measure({})).toEqual({ mean: 12 });
    expect(await measure({})).toEqual({ mean: 12 });
    await measure.release();
    expect(await evaluator(mean, [{ x: tensor([1, 2]) }, { x: tensor([6]) }])({})).toEqual({ mean: 3 });
  });

  it('counts no padding', async () => {
    const padded = loader(numbers, { batchSize: 2, seed: 0, shuffle: false, last: 'pad' });
    const measure = evaluator(
      (_, { x, mask }) => ({ mean: x.mul(mask.cast('float64')).sum().div(mask.cast('float64').sum()) }),
      padded,
    );
    expect(await measure({})).toEqual({ mean: 12 });
  });

  it('refuses sources without epochs, and nothing', async () => {
    await expect(evaluator(mean, { batchesFrom: () => [] })({})).rejects.toThrow(
      'evaluator: the source must say how many batches an epoch has (batchesPerEpoch)',
    );
    await expect(evaluator(mean, [])({})).rejects.toThrow('evaluator: the batches have no samples');
  });
});

describe('a loss', () => {
  it('hands on state that the optimizer does not see', async () => {
    const { model, optimizerState } = await fit({
      model: { at: zeros([], 'float64'), seen: zeros([], 'float64') },
      loss: ({ at, seen }) => ({ loss: at.neg().add(seen), model: { at, seen: seen.add(10) } }),
      optimizer: sgd({ learningRate: 1, momentum: 0.5 }),
      batches: repeat({}),
      steps: 2,
    });
    expect([await model.at.item(), await model.seen.item()]).toEqual([2.5, 20]);
    const [velocity] = optimizerState as [{ seen: Tensor }];
    expect(await velocity.seen.item()).toBe(0);
  });

  it('must return state like the one it got', async () => {
    const returning = (model: unknown) =>
      fit({ ...counting(), loss: ({ at }) => ({ loss: at.neg(), model: model as Point }) });
    await expect(returning({ at: zeros([2], 'float64') })).rejects.toThrow(
      'train: the loss returned Tensor(float64 [2]) for at, expected Tensor(float64 [])',
    );
    await expect(returning({})).rejects.toThrow(
      'train: the loss returned a model of another form than it got',
    );
  });
});

describe('fit refuses', () => {
  const run = () => ({ value: 1 });
  const epochless = 'the batches have no epochs; give a source that says batchesPerEpoch, such as a loader';
  it.each<[Partial<FitOptions<Point, Tensor>>, string]>([
    [{ steps: undefined }, 'fit: expected either steps or epochs, got neither'],
    [{ epochs: 2 }, 'fit: expected either steps or epochs, got both'],
    [{ steps: undefined, epochs: 2 }, `fit: epochs: ${epochless}`],
    [{ steps: 0 }, 'fit: steps must be a positive integer, got 0'],
    [{ steps: undefined, epochs: 0.5 }, 'fit: epochs must be a positive integer, got 0.5'],
    [{ evaluate: { every: 'epoch', run } }, `fit: evaluate: ${epochless}`],
    [{ evaluate: { every: 0, run } }, 'fit: evaluate: every must be a positive integer, got 0'],
    [
      { earlyStopping: { metric: 'value', patience: 1 } },
      'fit: earlyStopping goes by evaluations: give evaluate as well',
    ],
    [
      { evaluate: { every: 1, run }, earlyStopping: { metric: 'value', patience: 0 } },
      'fit: earlyStopping: patience must be a positive integer, got 0',
    ],
    [
      { evaluate: { every: 1, run }, earlyStopping: { metric: '', patience: 1 } },
      'fit: earlyStopping: metric must be the name of a metric, got ',
    ],
    [
      { evaluate: { every: 1, run }, earlyStopping: { metric: 'value', patience: 1, minimumChange: -1 } },
      'fit: earlyStopping: minimumChange must be in [0, Infinity), got -1',
    ],
    [
      {
        evaluate: { every: 1, run },
        earlyStopping: { metric: 'value', patience: 1, better: 'best' as 'lower' },
      },
      'fit: earlyStopping: better must be lower or higher, got best',
    ],
    [
      { evaluate: { every: 1, run }, earlyStopping: { metric: 'loss', patience: 1 } },
      'fit: earlyStopping: the evaluation has no loss; there is value',
    ],
    [
      { batches: { batchesPerEpoch: 0, batchesFrom: () => [] } },
      'fit: batches: batchesPerEpoch must be a positive integer, got 0',
    ],
    [{ batches: [tensor([1])] }, 'train: the batches ended after 1 of 4 steps'],
  ])('%#: %s', async (options, message) => {
    await expect(fit({ ...counting(), ...options })).rejects.toThrow(message);
  });

  it('a start that is no step before the last', async () => {
    const begin = (step: number) =>
      train({ ...counting(), steps: 4, start: { step, optimizerState: [] } }).next();
    await expect(begin(4)).rejects.toThrow('train: start: step must be an integer in [0, 4), got 4');
    await expect(begin(-1)).rejects.toThrow('train: start: step must be an integer in [0, 4), got -1');
  });
});
