import { describe, expect, it } from 'vitest';
import { adLogs } from './adLogs.js';
import { moments, sharesOf } from './testing/samples.js';

const samples = 20_000;
const log = adLogs({ seed: 0, samples }).columns;
const meanAt = (means: { data: ArrayLike<number> }, load: number) =>
  moments(Array.from({ length: samples }, (_, i) => means.data[5 * i + load]!)).mean;

describe('adLogs', () => {
  it('logs loads and propensities of the policy', () => {
    sharesOf(log.actions.data, 5).forEach((share, load) => {
      expect(share).toBeCloseTo(load === 2 ? 0.6 : 0.1, 1.7);
    });
    expect(log.propensities.data).toEqual(
      Float64Array.from(log.actions.data, (load) => (load === 2 ? 0.6 : 0.1)),
    );
  });

  it('never takes a load of probability 0', () => {
    const { actions } = adLogs({ seed: 0, samples: 2000, policy: [0, 0.5, 0, 0.5, 0] }).columns;
    expect(new Set(actions.data)).toEqual(new Set([1, 3]));
  });

  it('has the values of the static loads that were computed beforehand', () => {
    [0.44, 0.509, 0.498, 0.464, 0.433].forEach((value, load) => {
      expect(Math.abs(meanAt(log.meanRewards, load) - value)).toBeLessThan(0.004);
    });
    expect(Math.abs(meanAt(log.meanSatisfactions, 2) - 0.568)).toBeLessThan(0.006);
    expect(Math.abs(meanAt(log.meanRevenues, 2) - 0.427)).toBeLessThan(0.006);
    expect(meanAt(log.meanRevenues, 0)).toBe(0);
  });

  it('draws revenue and satisfaction around their means', () => {
    const of = (means: { data: ArrayLike<number> }) =>
      Array.from(log.actions.data, (load, i) => means.data[5 * i + load]!);
    const ratio = Array.from(of(log.meanRevenues), (mean, i) => log.revenues.data[i]! / mean).filter(
      Number.isFinite,
    );
    expect(moments(ratio).mean).toBeCloseTo(1, 1.5);
    expect(moments(ratio).variance).toBeCloseTo(1, 1);
    expect(moments(log.satisfactions.data).mean).toBeCloseTo(moments(of(log.meanSatisfactions)).mean, 1.7);
    expect(new Set(log.satisfactions.data)).toEqual(new Set([0, 1]));
  });

  it('weighs revenue and satisfaction', () => {
    const { revenues, satisfactions, rewards } = adLogs({
      seed: 0,
      samples: 10,
      revenueWeight: 0.25,
    }).columns;
    expect(rewards.data).toEqual(
      Float64Array.from(rewards.data, (_, i) => 0.25 * revenues.data[i]! + 0.75 * satisfactions.data[i]!),
    );
  });
});
