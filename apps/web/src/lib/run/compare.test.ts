import { describe, expect, it } from 'vitest';
import { findingSentence, recordedSentence, recordedValues } from './compare.js';
import { experimentMeta, headlineMetric } from './meta.js';
import { runWith, syntheticExperiment, syntheticResults } from './testing/synthetic.js';

const experiment = experimentMeta(syntheticExperiment());
const results = syntheticResults();
const metric = headlineMetric(experiment)!;
const full = { budget: 'full' } as const;
const both = (method: number) => [runWith('plain', 7, 0.2), runWith('better', 7, method)];

describe('experimentMeta', () => {
  it('carries what a page shows, as plain data', () => {
    expect(structuredClone(experiment)).toEqual(experiment);
    expect(experiment.claims).toEqual(['The method scores higher.']);
    expect(experiment.arms.map((arm) => arm.live)).toEqual([true, true, false]);
  });

  it('compares in the most important curve', () => {
    expect(metric.name).toBe('score');
  });
});

describe('the comparison of a run', () => {
  it('says what method and baseline reached and how far they are apart', () => {
    expect(findingSentence(experiment, { seed: 7 }, both(0.9))).toBe(
      'With seed 7, score: BETTER 90.0 %, PLAIN 20.0 % (+70.0 points).',
    );
  });

  it('says what was recorded, over how many seeds and with which verdict', () => {
    expect(recordedSentence(experiment, full, both(0.9), results)).toBe(
      'One seed; the recorded result is +70.0 points, 95 % interval +68.0 to +72.0, 3 seeds (● reproduced). This run lies within the range of the recorded seeds.',
    );
  });

  it.each([
    [0.95, 'This run lies above every recorded seed.'],
    [0.3, 'This run lies below every recorded seed.'],
  ])('places a method score of %s among the recorded seeds', (score, place) => {
    expect(recordedSentence(experiment, full, both(score), results)).toContain(place);
  });

  it('does not place a run with the smaller budget', () => {
    const said = recordedSentence(experiment, { budget: 'quick' }, both(0.9), results);
    expect(said).toMatch(/^One seed and a smaller budget; /);
    expect(said).not.toContain('This run lies');
  });

  it('compares a single arm with its own record', () => {
    const alone = [runWith('half', 7, 0.5)];
    expect(findingSentence(experiment, { seed: 7 }, alone)).toBe('With seed 7, score: HALF 50.0 %.');
    expect(recordedSentence(experiment, full, alone, results)).toContain(
      'the recorded result is 50.0 % with each of 3 seeds (●',
    );
  });

  it('says so when nothing is recorded', () => {
    expect(recordedSentence(experiment, full, both(0.9), undefined)).toBe(
      'One seed; there is no recorded result to compare it with yet.',
    );
  });

  it('says nothing without runs', () => {
    expect(findingSentence(experiment, { seed: 7 }, [])).toBeUndefined();
    expect(recordedSentence(experiment, full, [], results)).toBeUndefined();
  });
});

describe('recordedValues', () => {
  it('pairs the arms by seed', () => {
    const difference = recordedValues(results, metric, 'better', 'plain');
    expect(difference.map((value) => value.toFixed(2))).toEqual(['0.68', '0.70', '0.72']);
  });

  it('is empty for an arm that was not recorded', () => {
    expect(recordedValues(results, metric, 'unknown')).toEqual([]);
  });
});
