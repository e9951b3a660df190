import { randomKey, tensor, zeros } from '@evenkeel/tensor';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Linear } from '../layers/linear.js';
import { Sequential } from '../layers/sequential.js';
import { averageWeights } from '../optimizers/averageWeights.js';
import { sgd } from '../optimizers/sgd.js';
import { readSafetensors } from '../safetensors.js';
import { repeat } from './batches.js';
import { fit } from './fit.js';
import type { FitOptions } from './fitOptions.js';
import { MemoryStorage } from './testing/memoryStorage.js';
import { smallRun } from './testing/smallRun.js';
import { saveModel } from './weights.js';

type Options = ReturnType<typeof smallRun>;
const every = 4;

/** What a run says and leaves behind, to the bit. */
async function outcomeOf(storage: MemoryStorage, steps: number, changes: Partial<Options> = {}) {
  const events: unknown[] = [];
  const result = await fit({
    ...smallRun(steps),
    checkpoints: { storage, every },
    ...changes,
    onEvent: (event) => {
      if (event.type === 'step') events.push({ step: event.step, loss: event.loss, metrics: event.metrics });
      else events.push(event);
    },
  });
  const { model, optimizerState, ...rest } = result;
  return { events, rest, model: await saveModel(model), state: await saveModel({ optimizerState }) };
}

const undisturbed = outcomeOf(new MemoryStorage(), 30);

/** A run that is aborted after a step. */
async function interruptedAt(storage: MemoryStorage, last: number): Promise<void> {
  const controller = new AbortController();
  const ends: unknown[] = [];
  const running = fit({
    ...smallRun(30),
    checkpoints: { storage, every },
    signal: controller.signal,
    onEvent(event) {
      if (event.type === 'step' && event.step === last) controller.abort(new Error('enough'));
      if (event.type === 'end') ends.push(event);
    },
  });
  await expect(running).rejects.toThrow('enough');
  expect(ends).toEqual([{ type: 'end', step: last, reason: 'aborted' }]);
}

/** The files of a run that was aborted after 13 steps. */
async function thirteenSteps(): Promise<MemoryStorage> {
  const storage = new MemoryStorage();
  await interruptedAt(storage, 13);
  return storage;
}
const aborted = thirteenSteps();

const textOf = (bytes: Uint8Array | undefined) => new TextDecoder().decode(bytes);

describe('checkpoints', () => {
  it('make a run that was stopped the same as one that was not, to the bit', async () => {
    const storage = new MemoryStorage((await aborted).files);
    const [found, expected] = [await outcomeOf(storage, 30), await undisturbed];
    expect(found.events[0]).toEqual({ type: 'resume', step: 13 });
    const after = expected.events.filter((event) => (event as { step: number }).step > 13);
    expect(found.events.slice(1)).toEqual(after);
    expect(found.rest).toEqual(expected.rest);
    expect(found.model).toEqual(expected.model);
    expect(found.state).toEqual(expected.state);
    expect(found.rest.evaluations.map(({ step }) => step)).toEqual([5, 10, 15, 20, 25, 30]);
  });

  it('leave the same files, whenever the process ends', async () => {
    const whole = new MemoryStorage();
    await outcomeOf(whole, 12);
    expect(whole.log.length).toBe(8);
    for (let changes = 0; changes < whole.log.length; changes++) {
      const storage = new MemoryStorage();
      storage.changesLeft = changes;
      await expect(outcomeOf(storage, 12)).rejects.toThrow('power failure');
      storage.changesLeft = Number.POSITIVE_INFINITY;
      await outcomeOf(storage, 12);
      expect(await storage.read('12.safetensors')).toEqual(await whole.read('12.safetensors'));
      expect(textOf(await storage.read('12.json'))).toEqual(textOf(await whole.read('12.json')));
    }
  });

  it('are written arrays first, and removed when there are newer ones', async () => {
    const { log } = await aborted;
    expect(log).toEqual([
      'write 4.safetensors',
      'write 4.json',
      'write 8.safetensors',
      'write 8.json',
      'write 12.safetensors',
      'write 12.json',
      'remove 4.json',
      'remove 4.safetensors',
      'write 13.safetensors',
      'write 13.json',
      'remove 8.json',
      'remove 8.safetensors',
    ]);
    const one = new MemoryStorage();
    await outcomeOf(one, 12, { checkpoints: { storage: one, every: 5, keep: 1 } });
    expect(await one.list()).toEqual(['12.json', '12.safetensors']);
  });

  it('say what they are', async () => {
    const { files } = await aborted;
    const description = JSON.parse(textOf(files.get('13.json')));
    expect(description).toMatchObject({
      format: 1,
      step: 13,
      epoch: 1,
      bytes: files.get('13.safetensors')!.length,
      sha256: expect.stringMatching(/^[\da-f]{64}$/),
      record: { epoch: { samples: 48 }, evaluations: [{ step: 5 }, { step: 10 }] },
    });
    const { arrays } = readSafetensors(files.get('13.safetensors')!);
    expect(
      Object.keys(arrays)
        .filter((name) => /^(model|best)\.steps\.1/.test(name))
        .sort(),
    ).toEqual(
      ['best', 'model'].flatMap((prefix) =>
        ['running.mean', 'running.variance', 'scale', 'shift'].map((name) => `${prefix}.steps.1.${name}`),
      ),
    );
    expect([...arrays.key!.data]).toEqual([...(await randomKey(7).data())]);
  });

  it('are passed over when they are damaged', async () => {
    const { files } = await aborted;
    const resumedFrom = async (name: string, bytes: Uint8Array<ArrayBuffer> | undefined) => {
      const storage = new MemoryStorage(files);
      if (bytes) storage.files.set(name, bytes);
      else storage.files.delete(name);
      const { events } = await outcomeOf(storage, 13);
      return events[0];
    };
    const before = { type: 'resume', step: 12 };
    expect(await resumedFrom('13.json', undefined)).toEqual(before);
    expect(await resumedFrom('13.safetensors', undefined)).toEqual(before);
    const damage = fc.record({
      name: fc.constantFrom('13.json', '13.safetensors'),
      at: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
      cut: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(damage, async ({ name, at, cut }) => {
        const bytes = files.get(name)!.slice();
        const place = Math.floor(at * bytes.length);
        bytes[place] = bytes[place]! ^ 1;
        // A description that is changed may still be one, but not a cut one.
        const damaged = cut || name === '13.json' ? bytes.slice(0, place) : bytes;
        expect(await resumedFrom(name, damaged)).toEqual(before);
      }),
      { numRuns: 8 },
    );
    const other = files.get('12.safetensors')!;
    expect(await resumedFrom('13.safetensors', other)).toEqual(before);
  });

  it('do not go with another model, optimizer or key: all that differs is said', async () => {
    const { files } = await aborted;
    const resumed = (changes: Partial<Options>) => outcomeOf(new MemoryStorage(files), 30, changes);
    const [first, ...others] = smallRun(1).model.steps;
    const wide = new Sequential(
      first!,
      ...others.slice(0, -1),
      new Linear(randomKey(0), 8, 2, { dtype: 'float64' }),
    );
    const loss = smallRun(1).loss;
    await expect(resumed({ model: wide, loss })).rejects.toThrow(
      'fit: checkpoints: that of step 13 does not fit: model.steps.2.weight is float32 [8, 1], expected float64 [8, 2]; ' +
        'model.steps.2.bias is float32 [1], expected float64 [2]; ' +
        'optimizer.0.gradients.steps.2.weight is float32 [8, 1]',
    );
    await expect(resumed({ optimizer: sgd({ learningRate: 1, momentum: 0.5 }) })).rejects.toThrow(
      /optimizer\.0\.steps\.0\.weight is missing; .*; optimizer\.0\.gradients\.steps\.0\.weight is not expected/,
    );
    await expect(resumed({ key: randomKey(8) })).rejects.toThrow(
      'fit: checkpoints: that of step 13 does not fit: it was made with another key',
    );
    const later = new MemoryStorage(files);
    later.files.set(
      '13.json',
      new TextEncoder().encode(textOf(files.get('13.json')).replace('"format": 1', '"format": 2')),
    );
    await expect(outcomeOf(later, 30)).rejects.toThrow('fit: checkpoints: 13.json has format 2, expected 1');
  });

  it('of a run that has ended give its result again, and more steps go on from there', async () => {
    const storage = new MemoryStorage();
    const once = await outcomeOf(storage, 8);
    const again = await outcomeOf(storage, 8);
    expect(again.events).toEqual([
      { type: 'resume', step: 8 },
      { type: 'end', step: 8, reason: 'steps' },
    ]);
    expect({ ...again, events: [] }).toEqual({ ...once, events: [] });
    const { rest } = await outcomeOf(storage, 10);
    expect(rest.step).toBe(10);
    expect(rest.reason).toBe('steps');
  });

  it('remember that evaluations got no better', async () => {
    const storage = new MemoryStorage();
    const stopping: Partial<Options> = {
      evaluate: { every: 2, run: () => ({ error: Number.NaN }) },
      earlyStopping: { metric: 'error', patience: 2 },
    };
    const once = await outcomeOf(storage, 30, stopping);
    expect([once.rest.step, once.rest.reason, once.rest.bestStep]).toEqual([4, 'early stopping', undefined]);
    const again = await outcomeOf(storage, 30, stopping);
    expect(again.events.at(-1)).toEqual({ type: 'end', step: 4, reason: 'early stopping' });
    expect(again.rest).toEqual(once.rest);
  });

  it('keep apart what began as the same tensor, and together what is tied', async () => {
    const shared = zeros([2]);
    const options = (
      storage: MemoryStorage,
      steps: number,
    ): FitOptions<{ a: typeof shared; b: typeof shared }, object> => ({
      model: { a: shared, b: shared },
      loss: ({ a, b }) => a.mul(b).sub(1).square().sum().add(a.sum()),
      optimizer: {
        ...averageWeights(sgd({ learningRate: 0.1 }), 0.5),
        init: (params) => ({ average: params, inner: [[]] }),
      },
      batches: repeat({ x: tensor([1]) }),
      steps,
      checkpoints: { storage, every: 2 },
    });
    const [whole, parted] = [new MemoryStorage(), new MemoryStorage()];
    await fit(options(whole, 4));
    await fit(options(parted, 2));
    await fit(options(parted, 4));
    expect(parted.files.get('4.safetensors')).toEqual(whole.files.get('4.safetensors'));
    const { arrays } = readSafetensors(whole.files.get('4.safetensors')!);
    expect(Object.keys(arrays).sort()).toEqual(['key', 'model.a', 'optimizer.average.a']);
  });

  it('refuse settings that make no sense', async () => {
    const storage = new MemoryStorage();
    await expect(outcomeOf(storage, 1, { checkpoints: { storage, every: 0 } })).rejects.toThrow(
      'fit: checkpoints: every must be a positive integer, got 0',
    );
    await expect(outcomeOf(storage, 1, { checkpoints: { storage, every: 1, keep: 0 } })).rejects.toThrow(
      'fit: checkpoints: keep must be a positive integer, got 0',
    );
  });
});
