import { describe, expect, it } from 'vitest';
import { experimentMeta } from './meta.js';
import { expectedLiveSeconds, planSentence, problemWith, threadsSentence } from './plan.js';
import { syntheticExperiment } from './testing/synthetic.js';

const experiment = experimentMeta(syntheticExperiment());

describe('the plan of a run', () => {
  it('says how many networks, how long, and that the runtime comes once', () => {
    const plan = { chosen: ['plain', 'better'], budget: 'full' as const };
    const first = planSentence(experiment, { ...plan, loaded: false });
    expect(first).toMatch(
      /^Trains two networks for about 20 s in this tab; nothing leaves your computer; about 3/,
    );
    expect(planSentence(experiment, { ...plan, loaded: true })).toBe(
      'Trains two networks for about 20 s in this tab; nothing leaves your computer.',
    );
  });

  it('takes longer with more arms, and less with the quick budget', () => {
    expect(expectedLiveSeconds(experiment, ['plain', 'better', 'half'])).toBe(30);
    expect(planSentence(experiment, { chosen: ['half'], budget: 'quick', loaded: true })).toContain(
      'Trains one network for less than 10 s',
    );
  });

  it('says when there is only one thread, and why', () => {
    expect(threadsSentence(true, 4)).toBe('Uses 4 threads.');
    expect(threadsSentence(false, 1)).toContain('not isolated');
  });
});

describe('problemWith', () => {
  it.each([null, -1, 1.5, Number.NaN, 2 ** 53])('refuses the seed %s', (seed) => {
    expect(problemWith(seed, ['plain'])).toBe('The seed has to be a whole number from 0.');
  });

  it('refuses a run without arms', () => {
    expect(problemWith(0, [])).toBe('Pick at least one arm to run.');
  });

  it('has nothing against whole numbers from 0', () => {
    expect(problemWith(0, ['plain'])).toBeUndefined();
    expect(problemWith(Number.MAX_SAFE_INTEGER, ['plain'])).toBeUndefined();
  });
});
