import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { thin } from './curve.js';
import type { Exhibit } from './exhibit.js';
import type { Arm, ArmContext, Metrics, Outcome, Progress } from './experiment.js';
import type { Run } from './results.js';
import { runExperiment } from './runExperiment.js';
import { climbing, collect, example } from './testing/example.js';

const withoutSeconds = (runs: readonly Run[]) => runs.map(({ seconds: _, ...run }) => run);

/** The example with its method replaced. */
const exampleWith = (run: Arm<number>['run']) =>
  example({ arms: [climbing('baseline', 'baseline', 0.2), { ...climbing('method', 'method', 0.9), run }] });

describe('runExperiment', () => {
  it('runs every arm with every seed, seed after seed', async () => {
    const { events, runs } = await collect(example());
    expect(runs.map(({ arm, seed }) => `${arm} ${seed}`)).toEqual([
      ...['baseline 0', 'method 0'],
      ...['baseline 1', 'method 1'],
      ...['baseline 2', 'method 2'],
    ]);
    expect(runs.map((run) => run.metrics.score)).toEqual([0.2, 0.9, 0.2 + 0.01, 0.9 + 0.01, 0.22, 0.92]);
    expect(runs[0]!.curve.map((point) => point.step)).toEqual([1, 2, 3, 4, 5]);
    expect(events.map((event) => event.type).slice(0, 7)).toEqual([
      'started',
      ...Array(5).fill('progress'),
      'finished',
    ]);
  });

  it('gives the same runs interleaved, whatever the lengths of the arms', async () => {
    const lengths = fc.array(fc.integer({ min: 0, max: 300 }), { minLength: 2, maxLength: 4 });
    await fc.assert(
      fc.asyncProperty(lengths, async (steps) => {
        const arms = steps.map((count, i) => climbing(`arm ${i}`, i ? 'method' : 'baseline', i, count));
        const sequential = await collect(example({ arms }));
        const interleaved = await collect(example({ arms }), { order: 'interleaved' });
        expect(withoutSeconds(interleaved.runs)).toEqual(withoutSeconds(sequential.runs));
      }),
      { numRuns: 20 },
    );
  });

  it('advances interleaved arms in turn', async () => {
    const { events } = await collect(example(), { order: 'interleaved', seeds: [0] });
    const turns = events.flatMap((event) =>
      event.type === 'progress' ? [`${event.arm} ${event.step}`] : [],
    );
    expect(turns.slice(0, 4)).toEqual(['baseline 1', 'method 1', 'baseline 2', 'method 2']);
  });

  it('takes one seed for the quick budget, and only the arms asked for', async () => {
    const budgets: string[] = [];
    const experiment = exampleWith(async function* run(context) {
      budgets.push(context.budget);
      return yield* climbing('method', 'method', 0.9).run(context);
    });
    const { runs } = await collect(experiment, { budget: 'quick', arms: ['method'] });
    expect(runs.map(({ arm, seed }) => [arm, seed])).toEqual([['method', 0]]);
    expect(budgets).toEqual(['quick']);
  });

  it('loads the data of a seed once and shares them between arms', async () => {
    const loaded: number[] = [];
    const data = {
      description: '',
      load: ({ seed }: { seed: number }) => {
        loaded.push(seed);
        return 0;
      },
    };
    await collect(example({ data }));
    expect(loaded).toEqual([0, 1, 2]);
  });

  it('counts only the time inside the arm', async () => {
    const experiment = exampleWith(async function* run(context) {
      await new Promise((resolve) => setTimeout(resolve, 60));
      return yield* climbing('method', 'method', 0.9).run(context);
    });
    const { runs } = await collect(experiment, { order: 'interleaved', seeds: [0] });
    const [baseline, method] = runs.map((run) => run.seconds);
    expect(method).toBeGreaterThan(0.05);
    expect(baseline).toBeLessThan(0.05);
  });

  it('keeps at most 100 points of a curve', async () => {
    const arms = [climbing('baseline', 'baseline', 1, 1000), climbing('method', 'method', 1, 3)];
    const { runs } = await collect(example({ arms }), { seeds: [0] });
    expect(runs.map((run) => run.curve.length)).toEqual([100, 3]);
  });

  it('passes on values that are not finite and leaves them out of the curve', async () => {
    const experiment = exampleWith(async function* run() {
      yield { step: 1, steps: 1, metrics: { score: 0.5, loss: Number.NaN } };
      return { score: 0.5 };
    });
    const { events, runs } = await collect(experiment, { arms: ['method'], seeds: [0] });
    expect(events[1]).toMatchObject({ type: 'progress', metrics: { score: 0.5, loss: Number.NaN } });
    expect(runs[0]!.curve).toEqual([{ step: 1, metrics: { score: 0.5 } }]);
  });

  it.each([
    ['not a number', Number.NaN, 'got NaN'],
    ['infinite', Number.POSITIVE_INFINITY, 'got Infinity'],
    ['missing', undefined, 'got none'],
  ])('refuses a final metric that is %s', async (_, score, got) => {
    // biome-ignore lint/correctness/useYield: an arm may end without progress
    const experiment = exampleWith(async function* run() {
      return (score === undefined ? {} : { score }) as Metrics;
    });
    await expect(collect(experiment)).rejects.toThrow(`arm method, seed 0: final metric score: ${got}`);
  });

  it('refuses what is not there before it starts', () => {
    const run = (options: Parameters<typeof runExperiment>[1]) => () => runExperiment(example(), options);
    expect(run({ arms: ['metod'] })).toThrow(
      'runExperiment: arms: got "metod", expected an arm of example such as method',
    );
    expect(run({ arms: [] })).toThrow('arms: got none');
    expect(run({ seeds: [] })).toThrow('seeds: got none');
    expect(run({ seeds: [-1] })).toThrow('seeds: got -1, expected whole numbers from 0');
  });
});

describe('exhibits of a run', () => {
  const words = (text: string, title = 'words'): Exhibit => ({ kind: 'text', title, text });

  it('are told while it goes on, and the latest of each title stay with it', async () => {
    const experiment = exampleWith(async function* run() {
      yield { step: 1, steps: 3, metrics: {}, exhibits: [words('early'), words('kept', 'other')] };
      yield { step: 2, steps: 3, metrics: {} };
      return { metrics: { score: 1 }, exhibits: [words('late'), words('new', 'last')] };
    });
    const { events, runs } = await collect(experiment, { arms: ['method'], seeds: [0] });
    expect(events[1]).toMatchObject({ exhibits: [words('early'), words('kept', 'other')] });
    expect(events[2]).not.toHaveProperty('exhibits');
    expect(runs[0]).toMatchObject({
      metrics: { score: 1 },
      exhibits: [words('late'), words('kept', 'other'), words('new', 'last')],
    });
  });

  it('are absent where there are none, and a metric may be called metrics', async () => {
    const { runs } = await collect(
      example({
        metrics: [{ name: 'metrics', label: '', unit: 'number', better: 'higher' }],
        arms: example().arms.map((arm) => ({
          ...arm,
          // biome-ignore lint/correctness/useYield: an arm may end without progress
          async *run() {
            return { metrics: 3 };
          },
        })),
      }),
      { seeds: [0] },
    );
    expect(runs[0]!.metrics).toEqual({ metrics: 3 });
    expect(runs[0]).not.toHaveProperty('exhibits');
  });

  it('end the run when they are broken or too many', async () => {
    const showing = (exhibits: readonly Exhibit[]) =>
      collect(
        exampleWith(async function* run() {
          for (const [i, exhibit] of exhibits.entries())
            yield { step: i + 1, steps: exhibits.length, metrics: {}, exhibits: [exhibit] };
          return { score: 1 };
        }),
        { arms: ['method'], seeds: [0] },
      );
    const where = 'runExperiment: arm method, seed 0: exhibits';
    await expect(showing([words('x'.repeat(20_001))])).rejects.toThrow(`${where}[0].text: got "xxx`);
    const many = Array.from({ length: 13 }, (_, i) => words('', `${i}`));
    await expect(showing(many)).rejects.toThrow('expected at most 12 elements');
  });
});

describe('stopping a run', () => {
  /** The example with arms that say when they are closed. */
  function watched() {
    const closed: string[] = [];
    const arms = example().arms.map((arm) => ({
      ...arm,
      async *run(context: ArmContext<number>): AsyncGenerator<Progress, Outcome, void> {
        try {
          return yield* arm.run(context);
        } finally {
          closed.push(arm.name);
        }
      },
    }));
    return { experiment: example({ arms }), closed };
  }

  it('ends between two steps with the reason of the signal and closes the arms', async () => {
    const { experiment, closed } = watched();
    const controller = new AbortController();
    const running = runExperiment(experiment, { order: 'interleaved', signal: controller.signal });
    for (let i = 0; i < 5; i++) await running.next();
    controller.abort(new Error('stopped by hand'));
    await expect(running.next()).rejects.toThrow('stopped by hand');
    expect(closed).toEqual(['baseline', 'method']);
  });

  it('closes the arms when the caller no longer listens', async () => {
    const { experiment, closed } = watched();
    for await (const event of runExperiment(experiment, { order: 'interleaved' })) {
      if (event.type === 'progress' && event.step === 2) break;
    }
    expect(closed).toEqual(['baseline', 'method']);
  });

  it('loads nothing when the signal is aborted from the start', async () => {
    const data = {
      description: '',
      load: () => {
        throw new Error('loaded');
      },
    };
    await expect(collect(example({ data }), { signal: AbortSignal.abort('over') })).rejects.toBe('over');
  });

  it('tells the reason of the signal when an arm fails because of it', async () => {
    const controller = new AbortController();
    // biome-ignore lint/correctness/useYield: it fails at once
    const experiment = exampleWith(async function* run() {
      controller.abort('over');
      throw new Error('something of the arm');
    });
    await expect(collect(experiment, { signal: controller.signal })).rejects.toBe('over');
  });
});

describe('thin', () => {
  const curve = (length: number, measuredEvery: number) =>
    Array.from({ length }, (_, i) => ({
      step: i + 1,
      metrics: { loss: i, ...(i % measuredEvery === 0 && { accuracy: i }) },
    }));

  it('keeps the order, both ends and at most the asked number of points', () => {
    const [lengths, mosts] = [fc.integer({ min: 1, max: 3000 }), fc.integer({ min: 3, max: 250 })];
    fc.assert(
      fc.property(lengths, mosts, fc.integer({ min: 1, max: 50 }), (length, most, every) => {
        const kept = thin(curve(length, every), most).map(({ step }) => step);
        expect(kept).toHaveLength(Math.min(length, most));
        expect([kept[0], kept.at(-1)]).toEqual([1, length]);
        expect(kept.every((step, i) => i === 0 || step > kept[i - 1]!)).toBe(true);
      }),
    );
  });

  it('keeps the steps at which more was measured', () => {
    const kept = thin(curve(251, 10), 100);
    expect(kept.filter(({ metrics }) => 'accuracy' in metrics)).toHaveLength(26);
  });
});
