import type { Outcome, Progress } from '@evenkeel/lab';
import { sgd } from '@evenkeel/nn';
import { randomKey, tensor, zeros } from '@evenkeel/tensor';
import { describe, expect, it } from 'vitest';
import { lossFreeBalancer } from './alf-lb/index.js';
import { drawWindows, windowLength } from './eras.js';
import { languageExperts, languageLoss, MixtureLanguageModel } from './languageModel.js';
import { inTurn, type Part } from './parts.js';
import { BalanceHistory, batchesBy, loadMap, trainBalanced } from './training.js';

describe('trainBalanced', () => {
  it('yields the loss of the task, loads and models with their next state', async () => {
    const model = { weight: tensor([2]), state: zeros([1]) };
    const found = [];
    for await (const { step, task, load, model: next } of trainBalanced({
      ...{ model, experts: 2, steps: 3, seed: 0 },
      loss: ({ weight, state }: typeof model, batch) => {
        const task = weight.mul(batch).sum();
        const load = tensor([3, 1], 'int32');
        return { loss: task.add(weight.sum()), task, load, model: { weight, state: state.add(1) } };
      },
      optimizer: sgd({ learningRate: 1 }),
      batches: batchesBy((each) => tensor([each])),
    })) {
      const at = [step, task, ...load, await next.weight.item(), await next.state.item()];
      found.push(at);
    }
    // The slope of the loss is the batch plus 1: the weight goes 2, 1, -1, -4.
    expect(found).toEqual([
      [1, 0, 3, 1, 1, 1],
      [2, 1, 3, 1, -1, 2],
      [3, -2, 3, 1, -4, 3],
    ]);
  });
});

describe('BalanceHistory', () => {
  it('says how it went in the last 20 steps, and draws all of them', () => {
    const history = new BalanceHistory();
    for (let step = 0; step < 100; step++) {
      history.add({ task: step < 80 ? 9 : 2, load: step < 80 ? [4, 0] : [2 + (step % 2), 2 - (step % 2)] });
    }
    expect(history.recent()).toEqual({ loss: 2, trainingMaxVio: 0.25 });
    const { values, columnAxis } = history.exhibit('loads', 10);
    expect(columnAxis).toBe('time, 10 steps each');
    expect(values).toEqual([
      [2, 2, 2, 2, 2, 2, 2, 2, 1.25, 1.25],
      [0, 0, 0, 0, 0, 0, 0, 0, 0.75, 0.75],
    ]);
  });

  it('has a picture of groups too, 1 where they use all alike', () => {
    const map = loadMap('by era', 'era', [
      [2, 2],
      [4, 0],
    ]);
    expect(map.values).toEqual([
      [1, 2],
      [1, 0],
    ]);
  });
});

describe('inTurn', () => {
  const closed: string[] = [];
  const part = (name: string, steps: number): Part => ({
    steps,
    async *run() {
      try {
        for (let step = 1; step <= steps; step++) yield { step, metrics: { [name]: step } };
        return { metrics: { [name]: 10 * steps }, exhibits: [{ kind: 'text', title: name, text: name }] };
      } finally {
        closed.push(name);
      }
    },
  });

  it('counts the steps of all parts and returns what all of them found', async () => {
    const running = inTurn([part('first', 2), part('second', 1)]);
    const seen: Progress[] = [];
    let next: IteratorResult<Progress, Outcome> = await running.next();
    for (; !next.done; next = await running.next()) seen.push(next.value);
    expect(seen).toEqual([
      { step: 1, steps: 3, metrics: { first: 1 } },
      { step: 2, steps: 3, metrics: { first: 2 } },
      { step: 3, steps: 3, metrics: { second: 1 } },
    ]);
    expect(next.value).toMatchObject({
      metrics: { first: 20, second: 10 },
      exhibits: [{ title: 'first' }, { title: 'second' }],
    });
  });

  it('closes the part that runs when it is stopped', async () => {
    closed.length = 0;
    for await (const _ of inTurn([part('first', 5), part('second', 1)])) break;
    expect(closed).toEqual(['first']);
  });
});

describe('the small language model', () => {
  const eras = [0, 1].map((era) => ({
    train: new Int32Array(100).fill(era),
    test: new Int32Array(40).fill(10 + era),
  }));

  it('gets windows of each era, the same ones by seed and step', async () => {
    const at = { windows: 3, seed: 1, step: 2 };
    const train = drawWindows(eras, 'train', at);
    expect(train.shape).toEqual([2, 3, windowLength + 1]);
    expect(
      await train
        .cast('float32')
        .mean({ axis: [1, 2] })
        .toArray(),
    ).toEqual([0, 1]);
    expect(
      await drawWindows(eras, 'test', at)
        .cast('float32')
        .mean({ axis: [1, 2] })
        .toArray(),
    ).toEqual([10, 11]);
    const texts = [{ train: Int32Array.from({ length: 90 }, (_, i) => i), test: new Int32Array(40) }];
    const draw = (step: number) => drawWindows(texts, 'train', { ...at, step }).toArray();
    expect(await draw(2)).toEqual(await draw(2));
    expect(await draw(2)).not.toEqual(await draw(3));
  });

  it('sends every character to two experts, with a router that has state', async () => {
    const router = lossFreeBalancer({ experts: languageExperts, topK: 2 });
    const model = new MixtureLanguageModel(randomKey(0), router);
    const { loss, statistics } = languageLoss(
      model,
      drawWindows(eras, 'train', { windows: 3, seed: 0, step: 0 }),
    );
    expect(await loss.item()).toBeGreaterThan(0);
    expect(await statistics.load.sum().item()).toBe(2 * 6 * windowLength);
    const next = model.withRouter(router.update(statistics.load));
    expect(await next.mixture.router.updates.item()).toBe(1);
    expect(next.output).toBe(model.output);
  });
});
