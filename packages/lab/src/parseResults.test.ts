import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { buildResults } from './buildResults.js';
import { parseResults, parseRuns } from './parseResults.js';
import { summarize } from './summarize.js';
import { climbing, collect, example } from './testing/example.js';

const recorded = {
  machine: { processor: 'any', cores: 2, system: 'linux' },
  versions: { evenkeel: '0.1.0' },
  finishedAt: '2026-01-31T12:00:00.000Z',
};

const { runs } = await collect(example());
const results = buildResults(example(), runs, recorded);

describe('buildResults', () => {
  it('puts runs under their arms, in the order of the seeds, with their summaries', () => {
    const shuffled = buildResults(example(), [...runs].reverse(), recorded);
    expect(shuffled.arms).toEqual(results.arms);
    expect(results.arms[1]!.runs.map((run) => run.seed)).toEqual([0, 1, 2]);
    expect(results.arms[1]!.metrics.score).toEqual(summarize([0.9, 0.91, 0.92]));
    expect(results.verdict).toBe('reproduced');
    expect(results.seconds).toBeCloseTo(
      runs.reduce((total, run) => total + run.seconds, 0),
      12,
    );
  });

  it('keeps the exhibits of the first seed', () => {
    const shown = { kind: 'text', title: 'words', text: 'said' } as const;
    const built = buildResults(
      example(),
      runs.map((run) => ({ ...run, exhibits: [{ ...shown, text: `said with seed ${run.seed}` }] })),
      recorded,
    );
    for (const arm of built.arms)
      expect(arm.runs.map((run) => run.exhibits)).toEqual([
        [{ ...shown, text: 'said with seed 0' }],
        undefined,
        undefined,
      ]);
    expect(parseResults(JSON.stringify(built))).toEqual(built);
  });

  it('refuses unfinished work', () => {
    expect(() => buildResults(example(), runs.slice(0, -1), recorded)).toThrow(
      'no run of arm method with seed 2',
    );
  });
});

describe('parseResults', () => {
  it('reads back what was written', async () => {
    const anything = fc.record({
      tops: fc.tuple(
        fc.double({ min: 0.001, max: 1, noNaN: true }),
        fc.double({ min: 0.001, max: 1, noNaN: true }),
      ),
      question: fc.string(),
      versions: fc.dictionary(fc.string(), fc.string()),
      finishedAt: fc.date({ min: new Date(0), max: new Date(4e12), noInvalidDate: true }),
    });
    await fc.assert(
      fc.asyncProperty(anything, async ({ tops, question, versions, finishedAt }) => {
        const arms = [climbing('baseline', 'baseline', tops[0]), climbing('method', 'method', tops[1])];
        const experiment = example({ arms, question });
        const made = await collect(experiment);
        const moment = finishedAt.toISOString();
        const built = buildResults(experiment, made.runs, { ...recorded, versions, finishedAt: moment });
        expect(parseResults(JSON.stringify(built))).toEqual(built);
      }),
      { numRuns: 25 },
    );
  });

  it('leaves out fields that it does not know', () => {
    expect(parseResults(JSON.stringify({ ...results, script: '<script>' }))).toEqual(results);
  });

  it.each<[path: string, value: unknown, message: string]>([
    ['format', 1, 'format: got 1, expected one of 2'],
    ['paper', undefined, 'paper: got nothing, expected a text'],
    ['verdict', 'good', 'verdict: got "good", expected one of reproduced, partly, not reproduced'],
    ['verdict', 'partly', 'verdict: got "partly", expected reproduced, as the claims say'],
    ['arms', {}, 'arms: got {}, expected a list'],
    ['arms.0', null, 'arms[0]: got null, expected an object'],
    ['arms.0.metrics.score.std', -1, 'arms[0].metrics.score.std: got -1, expected a number from 0'],
    [
      'arms.0.runs.1.metrics.score',
      null,
      'arms[0].runs[1].metrics.score: got null, expected a finite number',
    ],
    ['arms.0.runs.1.arm', 'method', 'arms[0].runs[1].arm: got "method", expected baseline'],
    ['arms.0.runs.1.seed', 7, 'arms[0].runs[1].seed: got 7, expected one of 0, 1, 2'],
    ['arms.0.runs.1.curve', Array(101).fill({ step: 1, metrics: {} }), 'expected at most 100 elements'],
    [
      'arms.0.metrics.loss',
      { mean: 1, std: 0, interval: { low: 1, high: 1 } },
      'arms[0].metrics: got "loss", expected the name of a recorded metric',
    ],
    [
      'claims.0.conditions.0.holds',
      'yes',
      'claims[0].conditions[0].holds: got "yes", expected true or false',
    ],
    [
      'claims.0.conditions.0.interval',
      { low: 1, high: 0 },
      'conditions[0].interval: got {"low":1,"high":0}, expected low not above high',
    ],
    [
      'claims.0.conditions.0.values',
      [0.9],
      'claims[0].conditions[0].values: got [0.9], expected 3 numbers, one for each seed',
    ],
    [
      'arms.0.runs.0.exhibits',
      [{ kind: 'film', title: 'a' }],
      'arms[0].runs[0].exhibits[0].kind: got "film", expected one of text, image, heat map, lines',
    ],
    [
      'claims.0.conditions.0.condition.arm',
      'x',
      'condition.arm: got "x", expected the name of a recorded arm',
    ],
    ['curves.0', 'loss', 'curves[0]: got "loss", expected the name of a recorded metric'],
    ['machine.cores', 1.5, 'machine.cores: got 1.5, expected a whole number'],
    ['finishedAt', 'yesterday', 'finishedAt: got "yesterday", expected a moment in UTC'],
    ['question', ['x'.repeat(100)], `question: got ["${'x'.repeat(58)}…, expected a text`],
  ])('refuses %s = %j', (path, value, message) => {
    const copy = structuredClone(results) as unknown;
    const names = path.split('.');
    const parent = names.slice(0, -1).reduce((each, name) => (each as Record<string, unknown>)[name], copy);
    (parent as Record<string, unknown>)[names.at(-1)!] = value;
    const parse = () => parseResults(JSON.stringify(copy));
    expect(parse).toThrow(message);
    expect(parse).toThrow(/^parseResults\.[^\n]*$/);
  });

  it('refuses what is no JSON, no object or far too long', () => {
    expect(() => parseResults('{')).toThrow(/^parseResults: text: got .*, expected JSON$/);
    expect(() => parseResults('[]')).toThrow('parseResults: got [], expected an object');
    expect(() => parseResults(' '.repeat(2 ** 25 + 1))).toThrow('characters, expected at most');
  });
});

describe('parseRuns', () => {
  it('reads back the runs of an experiment under way', () => {
    expect(parseRuns(JSON.stringify(runs))).toEqual(runs);
  });

  it('refuses anything else', () => {
    expect(() => parseRuns('[{"arm": 1}]')).toThrow('parseRuns[0].arm: got 1, expected a text');
  });
});
