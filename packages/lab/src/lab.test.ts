import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type Arm,
  buildResults,
  type Claim,
  defineExperiment,
  type Experiment,
  formatDifference,
  formatMetric,
  judge,
  type Metrics,
  nearest,
  type Progress,
  paperVerdict,
  parseResults,
  type Run,
  type RunEvent,
  type RunOptions,
  runExperiment,
  summarize,
} from './index.js';

/** An arm that climbs to `top` plus a hundredth of the seed. */
const climbing = (name: string, role: Arm['role'], top: number, steps = 5): Arm<number> => ({
  name,
  label: name.toUpperCase(),
  role,
  description: `climbs to ${top}`,
  live: true,
  async *run({ data, seed }): AsyncGenerator<Progress, Metrics, void> {
    const end = top + seed / 100 + data;
    for (let step = 1; step <= steps; step++) yield { step, steps, metrics: { score: (end * step) / steps } };
    return { score: end };
  },
});

const claim: Claim = {
  statement: 'the method climbs higher',
  conditions: [
    { metric: 'score', arm: 'method', over: 'mean', atLeast: 0.8 },
    { metric: 'score', arm: 'method', minus: 'baseline', over: 'every-seed', atLeast: 0.5 },
  ],
};

const example = (changes: Partial<Experiment<number>> = {}): Experiment<number> => ({
  paper: 'example',
  question: 'Which one climbs higher?',
  data: { description: 'nothing', load: () => 0 },
  arms: [climbing('baseline', 'baseline', 0.2), climbing('method', 'method', 0.9)],
  seeds: [0, 1, 2],
  metrics: [{ name: 'score', label: 'score', unit: 'fraction', better: 'higher' }],
  claims: [claim],
  curves: ['score'],
  liveSeconds: 1,
  ...changes,
});

async function collect(experiment: Experiment, options?: RunOptions) {
  const events: RunEvent[] = [];
  const running = runExperiment(experiment, options);
  for (let next = await running.next(); ; next = await running.next()) {
    if (next.done) return { events, runs: next.value };
    events.push(next.value);
  }
}

const withoutTimes = (runs: readonly Run[]) =>
  runs
    .map(({ seconds: _, ...run }) => run)
    .sort((a, b) => `${a.seed}${a.arm}`.localeCompare(`${b.seed}${b.arm}`));

describe('defineExperiment', () => {
  it('returns the experiment as it is', () => {
    const experiment = example();
    expect(defineExperiment(experiment)).toBe(experiment);
  });

  it.each<[string, Partial<Experiment<number>>, string]>([
    ['too few seeds', { seeds: [1, 2] }, 'seeds: expected at least 3, got 2'],
    ['repeated seeds', { seeds: [1, 2, 1] }, 'seeds: 1 stands there twice'],
    ['fractional seeds', { seeds: [1, 2, 2.5] }, 'seeds: expected non-negative integers'],
    ['no baseline', { arms: [climbing('method', 'method', 1)] }, 'arms: expected at least one baseline'],
    [
      'arms of one name',
      { arms: [climbing('a', 'baseline', 1), climbing('a', 'method', 1)] },
      'arms: a stands there twice',
    ],
    ['an unknown curve', { curves: ['scre'] }, 'curves: unknown scre; nearest: score'],
    [
      'a claim on an unknown arm',
      {
        claims: [
          { statement: '', conditions: [{ metric: 'score', arm: 'methd', over: 'mean', atLeast: 1 }] },
        ],
      },
      'claims[0].conditions[0].arm: unknown methd; nearest: method, baseline',
    ],
    [
      'a claim without a bound',
      { claims: [{ statement: '', conditions: [{ metric: 'score', arm: 'method', over: 'mean' }] }] },
      'claims[0].conditions[0]: expected exactly one finite bound',
    ],
    [
      'a claim with two bounds',
      {
        claims: [
          {
            statement: '',
            conditions: [{ metric: 'score', arm: 'method', over: 'mean', atLeast: 0, atMost: 1 }],
          },
        ],
      },
      'expected exactly one finite bound',
    ],
  ])('refuses %s', (_, changes, message) => {
    expect(() => defineExperiment(example(changes))).toThrow(message);
  });
});

describe('runExperiment', () => {
  it('runs every arm with every seed and tells how it goes', async () => {
    const { events, runs } = await collect(example());
    expect(runs.map(({ arm, seed, metrics }) => [arm, seed, metrics.score])).toEqual([
      ['baseline', 0, 0.2],
      ['method', 0, 0.9],
      ['baseline', 1, 0.21000000000000002],
      ['method', 1, 0.91],
      ['baseline', 2, 0.22],
      ['method', 2, 0.92],
    ]);
    expect(events.filter(({ type }) => type === 'progress')).toHaveLength(30);
    expect(runs[0]!.curve.map(({ step }) => step)).toEqual([1, 2, 3, 4, 5]);
  });

  it('gives the same runs interleaved, whatever the lengths of the arms', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 0, max: 300 }), { minLength: 2, maxLength: 4 }),
        async (lengths) => {
          const arms = lengths.map((steps, i) => climbing(`arm${i}`, i ? 'method' : 'baseline', i, steps));
          const [sequential, interleaved] = [
            await collect(example({ arms, claims: [] })),
            await collect(example({ arms, claims: [] }), { order: 'interleaved' }),
          ];
          expect(withoutTimes(interleaved.runs)).toEqual(withoutTimes(sequential.runs));
        },
      ),
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

  it('keeps curves short, in order, with both ends', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 2000 }), async (steps) => {
        const arms = [climbing('baseline', 'baseline', 1, steps), climbing('method', 'method', 1, 1)];
        const { runs } = await collect(example({ arms }), { arms: ['baseline'], seeds: [0] });
        const taken = runs[0]!.curve.map(({ step }) => step);
        expect(taken.length).toBeLessThanOrEqual(200);
        expect([taken[0], taken.at(-1)]).toEqual([1, steps]);
        expect(taken).toEqual([...taken].sort((a, b) => a - b));
      }),
      { numRuns: 20 },
    );
  });

  it('takes one seed for the quick budget, and only the arms asked for', async () => {
    const { runs } = await collect(example(), { budget: 'quick', arms: ['method'] });
    expect(runs.map(({ arm, seed }) => [arm, seed])).toEqual([['method', 0]]);
  });

  it('stops between two steps and closes the arms', async () => {
    const controller = new AbortController();
    let closed = 0;
    const arms = example().arms.map((arm) => ({
      ...arm,
      async *run(context: Parameters<Arm<number>['run']>[0]) {
        try {
          return yield* arm.run(context);
        } finally {
          closed++;
        }
      },
    }));
    const running = runExperiment(example({ arms }), { order: 'interleaved', signal: controller.signal });
    for (let i = 0; i < 5; i++) await running.next();
    controller.abort(new Error('stopped by hand'));
    await expect(running.next()).rejects.toThrow('stopped by hand');
    expect(closed).toBe(2);
  });

  it('refuses unknown arms and results that are missing or no numbers', async () => {
    await expect(collect(example(), { arms: ['metod'] })).rejects.toThrow(
      'unknown arm metod; nearest: method, baseline',
    );
    for (const score of [Number.NaN, undefined]) {
      const broken: Arm<number> = {
        ...climbing('method', 'method', 1),
        // biome-ignore lint/correctness/useYield: an arm may end without progress
        async *run() {
          return (score === undefined ? {} : { score }) as Metrics;
        },
      };
      const arms = [climbing('baseline', 'baseline', 1), broken];
      await expect(collect(example({ arms }))).rejects.toThrow(
        `example: arm method, seed 0: expected a number as score, got ${score}`,
      );
    }
  });
});

describe('verdicts', () => {
  it('hold when every condition does, and say what was measured', async () => {
    const { runs } = await collect(example());
    const [judged] = judge(example(), runs);
    expect(judged!.verdict).toBe('shows');
    expect(judged!.conditions.map(({ text }) => text)).toEqual([
      'mean score of METHOD ≥ 80.0 %',
      'score of METHOD minus BASELINE ≥ 50.0 points in every seed',
    ]);
    expect(judged!.conditions[0]!.value).toBeCloseTo(0.91, 12);
    expect(judged!.conditions[1]!.value).toBeCloseTo(0.7, 12);
  });

  it('fall with the worst seed where every seed is asked for', async () => {
    const { runs } = await collect(example());
    const spoiled = runs.map((run) =>
      run.arm === 'method' && run.seed === 1 ? { ...run, metrics: { score: 0.6 } } : run,
    );
    const [judged] = judge(example(), spoiled);
    expect(judged!.conditions.map(({ holds }) => holds)).toEqual([true, false]);
    expect(judged!.verdict).toBe('does not show');
    const atMost = example({
      claims: [
        {
          statement: '',
          conditions: [{ metric: 'score', arm: 'method', over: 'every-seed', atMost: 0.915 }],
        },
      ],
    });
    expect(judge(atMost, runs)[0]!.conditions[0]).toMatchObject({ value: 0.92, holds: false });
  });

  it('do not depend on the order of the runs', async () => {
    const { runs } = await collect(example());
    fc.assert(
      fc.property(fc.shuffledSubarray([...runs], { minLength: runs.length }), (shuffled) => {
        expect(judge(example(), shuffled)).toEqual(judge(example(), runs));
      }),
    );
  });

  it('of a paper are reproduced, partly or not', () => {
    const verdict = (...verdicts: ('shows' | 'does not show' | 'not tested here')[]) =>
      paperVerdict(verdicts.map((each) => ({ verdict: each })));
    expect(verdict('shows', 'not tested here')).toBe('reproduced');
    expect(verdict('shows', 'does not show')).toBe('partly');
    expect(verdict('does not show', 'not tested here')).toBe('not reproduced');
    expect(verdict('not tested here')).toBe('not reproduced');
  });

  it('are refused when a run is missing', async () => {
    const { runs } = await collect(example());
    expect(() => judge(example(), runs.slice(1))).toThrow('no score of baseline, seed 0');
  });

  it('rest on the sample standard deviation', () => {
    expect(summarize([1, 2, 3])).toEqual({ mean: 2, std: 1 });
    expect(summarize([5])).toEqual({ mean: 5, std: 0 });
    expect(() => summarize([])).toThrow('expected at least one value');
  });
});

describe('results files', () => {
  const context = {
    machine: { processor: 'any', cores: 2, system: 'linux' },
    versions: { evenkeel: '0.1.0' },
    finishedAt: new Date(0),
  };

  it('survive being written and read', async () => {
    const { runs } = await collect(example());
    const results = buildResults(example(), runs, context);
    expect(parseResults(JSON.stringify(results))).toEqual(results);
    expect(results.arms[1]!.metrics.score).toEqual(summarize([0.9, 0.91, 0.92]));
    expect(results.verdict).toBe('reproduced');
  });

  it('are refused with the field that is wrong', async () => {
    const { runs } = await collect(example());
    const results = JSON.parse(JSON.stringify(buildResults(example(), runs, context)));
    const refused = (spoil: (copy: typeof results) => void, message: string) => {
      const copy = structuredClone(results);
      spoil(copy);
      expect(() => parseResults(JSON.stringify(copy))).toThrow(message);
    };
    expect(() => parseResults('{')).toThrow(SyntaxError);
    expect(() => parseResults('[]')).toThrow('expected a record');
    refused(
      (copy) => (copy.verdict = 'good'),
      'verdict: expected reproduced or partly or not reproduced, got "good"',
    );
    refused(
      (copy) => (copy.arms[0].runs[1].metrics.score = 'x'),
      'arms[0].runs[1].metrics.score: expected a finite number',
    );
    refused((copy) => delete copy.machine.cores, 'machine.cores: expected a finite number');
    refused((copy) => (copy.format = 2), 'format: expected 1');
  });

  it('cannot be built from unfinished runs', async () => {
    const { runs } = await collect(example(), { seeds: [0] });
    expect(() => buildResults(example(), runs, context)).toThrow('no run of baseline, seed 1');
  });
});

describe('words', () => {
  it('formats metrics with their units', () => {
    expect(formatMetric(0.98133, { unit: 'fraction' })).toBe('98.1 %');
    expect(formatMetric(0.123456, { unit: 'number' })).toBe('0.123');
    expect(formatMetric(0.00001234, { unit: 'number' })).toBe('1.2e-5');
    expect(formatMetric(12.345, { unit: 'seconds' })).toBe('12.3 s');
    expect(formatMetric(1_400_000, { unit: 'bytes' })).toBe('1.4 MB');
    expect(formatMetric(Number.NaN, { unit: 'fraction' })).toBe('NaN');
    expect(formatDifference(0.7, { unit: 'fraction' })).toBe('70.0 points');
  });

  it('suggests the nearest names', () => {
    expect(nearest('groking-edge', ['stn', 'grokking-edge', 'maid'], 1)).toEqual(['grokking-edge']);
    expect(nearest('grok', ['stn', 'grokking-edge', 'roma'], 1)).toEqual(['grokking-edge']);
  });
});
