import { describe, expect, it } from 'vitest';
import { bilevelQuadratic } from './bilevelQuadratic.js';
import { expertLoads } from './expertLoads.js';
import { gateScores } from './gateScores.js';
import { markovTokens } from './markovTokens.js';
import { noisyRectangles, noisySteps } from './noisySteps.js';
import { pointClouds } from './pointClouds.js';
import { sequenceLengths } from './sequenceLengths.js';
import { moments, sharesOf, sumOf } from './testing/samples.js';

describe('expertLoads', () => {
  it('deals all tokens of each device', () => {
    const { loads } = expertLoads({ seed: 0, iterations: 4 }).columns;
    expect(loads.shape).toEqual([4, 4, 16, 32]);
    for (let at = 0; at < loads.data.length; at += 32) {
      expect(sumOf(loads.data.subarray(at, at + 32))).toBe(1024);
    }
  });

  it('keeps its loads without drift, and has the spread of the first scores', () => {
    const options = { seed: 0, layers: 1, devices: 1, experts: 500, tokens: 500_000 };
    const { loads } = expertLoads({ ...options, iterations: 2, drift: 0, persistence: 1 }).columns;
    const logs = [0, 1].map((i) =>
      Array.from(loads.data.subarray(i * 500, (i + 1) * 500), (load) => Math.log(load + 0.5)),
    );
    expect(Math.sqrt(moments(logs[0]!).variance)).toBeCloseTo(1.3, 0.8);
    expect(moments(logs[0]!.map((log, i) => log - logs[1]![i]!)).variance).toBeLessThan(0.05);
  });

  it('changes the more, the more it drifts', () => {
    const change = (drift: number) => {
      const { loads } = expertLoads({
        seed: 0,
        iterations: 50,
        layers: 1,
        devices: 1,
        tokens: 10_000,
        drift,
      }).columns;
      const [first, last] = [loads.data.subarray(0, 32), loads.data.subarray(-32)];
      return sumOf(Array.from(first, (load, i) => Math.abs(load - last[i]!)));
    };
    expect(change(0.3)).toBeGreaterThan(2 * change(0.01));
  });
});

describe('gateScores', () => {
  const logit = (score: number) => Math.log(score / (1 - score));

  it('adds an expert’s popularity to each token’s liking', () => {
    const { scores } = gateScores({ seed: 0, tokens: 4000, experts: 64, skew: 1.2 }).columns;
    const experts = Array.from({ length: 64 }, (_, k) =>
      moments(
        Array.from(scores.data)
          .filter((_, i) => i % 64 === k)
          .map(logit),
      ),
    );
    expect(moments(experts.map(({ variance }) => variance)).mean).toBeCloseTo(1, 1.5);
    expect(Math.sqrt(moments(experts.map(({ mean }) => mean)).variance)).toBeCloseTo(1.2, 0.4);
  });

  it('has other tokens in another batch, of the same experts', () => {
    const means = [0, 1].map((batch) => {
      const { scores } = gateScores({ seed: 0, batch, tokens: 4000, experts: 2, skew: 3 }).columns;
      return {
        first: scores.data[0],
        mean: moments(
          Array.from(scores.data)
            .filter((_, i) => i % 2 === 0)
            .map(logit),
        ).mean,
      };
    });
    expect(means[0]!.first).not.toBe(means[1]!.first);
    expect(means[0]!.mean).toBeCloseTo(means[1]!.mean, 1);
  });
});

describe('pointClouds', () => {
  it('costs the squared distance over the largest', () => {
    const { sources, targets, costs } = pointClouds({ seed: 0 }).columns;
    expect(Math.max(...costs.data)).toBe(1);
    const distance = (i: number, j: number) =>
      (sources.data[2 * i]! - targets.data[2 * j]!) ** 2 +
      (sources.data[2 * i + 1]! - targets.data[2 * j + 1]!) ** 2;
    expect(costs.data[24 * 3 + 5]! / costs.data[24 * 7 + 2]!).toBeCloseTo(
      distance(3, 5) / distance(7, 2),
      12,
    );
  });

  it('has clouds of their means and deviations', () => {
    const { sources, targets } = pointClouds({ seed: 0, points: 1000 }).columns;
    expect(moments(sources.data).mean).toBeCloseTo(0, 1);
    expect(moments(sources.data).variance).toBeCloseTo(1, 0.8);
    expect(moments(targets.data).mean).toBeCloseTo(1, 1);
    expect(moments(targets.data).variance).toBeCloseTo(0.64, 1);
  });
});

describe('sequenceLengths', () => {
  it('reaches the tokens with its last sequence', () => {
    const lengths = sequenceLengths({ seed: 0 });
    const sum = lengths.reduce((total, length) => total + length, 0);
    expect(sum).toBeGreaterThanOrEqual(4_194_304);
    expect(sum - lengths.at(-1)!).toBeLessThan(4_194_304);
    expect(Math.min(...lengths)).toBeGreaterThanOrEqual(64);
    expect(Math.max(...lengths)).toBeLessThanOrEqual(131_072);
  });

  it('is log-normal but for the clipping', () => {
    const lengths = sequenceLengths({ seed: 0, shortest: 1, context: 1e9, tokens: 5e7 });
    const logs = Array.from(lengths, Math.log);
    expect(moments(logs).mean).toBeCloseTo(Math.log(2000), 1);
    expect(Math.sqrt(moments(logs).variance)).toBeCloseTo(1.6, 1);
  });
});

describe('bilevelQuadratic', () => {
  it('draws matrices evenly and right-hand sides that fit them', () => {
    const { a1, a2, a3, b1, b2 } = bilevelQuadratic({ seed: 0, rows: 1000, noise: 0 }).columns;
    for (const { data } of [a1, a2, a3]) {
      expect(moments(data).mean).toBeCloseTo(0.5, 1.7);
      expect(moments(data).variance).toBeCloseTo(1 / 12, 1.7);
    }
    expect([a1.shape, a3.shape, b1.shape]).toEqual([[1000, 10], [1000, 10], [1000]]);
    expect(moments(b1.data).mean).toBeLessThan(5);
    expect(moments(b2.data).mean).toBeGreaterThan(moments(b1.data).mean);
  });

  it('adds noise of its deviation', () => {
    const [noisy, exact] = [0.01, 0].map((noise) => bilevelQuadratic({ seed: 0, rows: 1000, noise }).columns);
    expect(noisy!.a2).toEqual(exact!.a2);
    const difference = noisy!.b2.data.map((value, i) => value - exact!.b2.data[i]!);
    expect(Math.sqrt(moments(difference).variance)).toBeCloseTo(0.01, 2.5);
  });
});

describe('noisySteps and noisyRectangles', () => {
  it('jump as often as there are pieces', () => {
    const { clean } = noisySteps({ seed: 0, samples: 5, length: 64, pieces: 6 }).columns;
    for (let n = 0; n < 5; n++) {
      const signal = clean.data.subarray(n * 64, (n + 1) * 64);
      expect(signal.filter((value, i) => i > 0 && value !== signal[i - 1]).length).toBe(5);
      expect(signal.every((value) => value >= 0 && value < 1)).toBe(true);
    }
  });

  it('make pictures of few brightnesses', () => {
    const { clean } = noisyRectangles({ seed: 0, samples: 4, rectangles: 8 }).columns;
    expect(clean.shape).toEqual([4, 1, 64, 64]);
    for (let n = 0; n < 4; n++) {
      const levels = new Set(clean.data.subarray(n * 4096, (n + 1) * 4096)).size;
      expect(levels).toBeGreaterThan(1);
      expect(levels).toBeLessThanOrEqual(9);
    }
  });

  it('add noise of their deviation', () => {
    for (const {
      columns: { clean, noisy },
    } of [noisySteps({ seed: 0 }), noisyRectangles({ seed: 0 })]) {
      const { mean, variance } = moments(noisy.data.map((value, i) => value - clean.data[i]!));
      expect(mean).toBeCloseTo(0, 1.7);
      expect(Math.sqrt(variance)).toBeCloseTo(0.1, 2);
    }
  });
});

describe('markovTokens', () => {
  it('is as hard to predict as it says, and no harder', () => {
    // Without contrast all tokens are alike.
    expect(markovTokens({ seed: 0, symbols: 16, contrast: 0 }).entropy).toBeCloseTo(Math.log(16), 9);
    const { tokens, entropy } = markovTokens({ seed: 0, symbols: 8, order: 1, length: 200_000 });
    const pairs = sharesOf(
      Array.from(tokens.subarray(1), (token, i) => tokens[i]! * 8 + token),
      64,
    );
    const single = sharesOf(tokens, 8);
    const bigram = pairs.reduce(
      (sum, share, pair) => (share > 0 ? sum - share * Math.log(share / single[Math.floor(pair / 8)]!) : sum),
      0,
    );
    expect(bigram).toBeCloseTo(entropy, 2);
  });

  it('speaks the language of its world', () => {
    const shares = (seed: number, world: number) =>
      sharesOf(markovTokens({ seed, world, symbols: 4, order: 1 }).tokens, 4);
    shares(1, 0).forEach((share, token) => {
      expect(share).toBeCloseTo(shares(2, 0)[token]!, 1.5);
    });
    expect(shares(1, 0).some((share, token) => Math.abs(share - shares(1, 1)[token]!) > 0.05)).toBe(true);
  });
});
