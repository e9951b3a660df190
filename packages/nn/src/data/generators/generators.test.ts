import { describe, expect, it } from 'vitest';
import { randomSource } from '../random.js';
import * as generators from './index.js';
import { fakeDigits, sampleText } from './testing/samples.js';

const digits = fakeDigits(200, 0);
const labels = digits.columns.labels.data;
const {
  adLogs,
  bilevelQuadratic,
  characterWindows,
  contrastiveViews,
  disjointParts,
  domainTokens,
  expertLoads,
  gateScores,
  gaussianRing,
  groupMeans,
  imbalancedBinary,
  itemCatalogue,
  landCover,
  linearRegression,
  longTailedSamples,
  markovTokens,
  modularArithmetic,
  multiColorDigits,
  noisyRectangles,
  noisySteps,
  partialModalities,
  pointClouds,
  prototypeClasses,
  randomizeLabels,
  routedTasks,
  samplesByShare,
  samplesPerClass,
  sequenceLengths,
  shiftedDomains,
  unequalModalities,
} = generators;

/** Every generator with a seed, by name; with some options changed where they are given. */
const calls = {
  adLogs: (seed, options = {}) => adLogs({ samples: 50, ...options, seed }),
  bilevelQuadratic: (seed, options = {}) => bilevelQuadratic({ rows: 20, ...options, seed }),
  characterWindows: (seed, options = {}) => {
    const data = characterWindows(sampleText(6000), { validationBlocks: 2, ...options, seed });
    return [data.train.read([0, 1, 2, 3]), data.validation.read([0, 1, 2, 3])];
  },
  contrastiveViews: (seed, options = {}) => contrastiveViews(options)(digits.columns, randomSource(seed)),
  disjointParts: (seed, options = {}) => {
    const parts = disjointParts(digits, { train: 50, test: 20, ...options }, seed);
    return [parts.train.columns, parts.test.columns];
  },
  domainTokens: (seed, options = {}) => domainTokens({ batches: 2, ...options, seed }),
  expertLoads: (seed, options = {}) => expertLoads({ iterations: 3, ...options, seed }),
  gateScores: (seed, options = {}) => gateScores({ tokens: 20, ...options, seed }),
  gaussianRing: (seed, options = {}) => gaussianRing({ samples: 20, ...options, seed }),
  groupMeans: (seed, options = {}) => groupMeans({ samples: 5, ...options, seed }),
  imbalancedBinary: (seed, options = {}) => imbalancedBinary({ train: 50, test: 50, ...options, seed }),
  itemCatalogue: (seed, options = {}) => itemCatalogue({ items: 50, pairs: 50, test: 50, ...options, seed }),
  landCover: (seed, options = {}) => landCover({ train: 5, test: 5, ...options, seed }),
  linearRegression: (seed, options = {}) => linearRegression({ ...options, seed }),
  longTailedSamples: (seed, options = {}) =>
    longTailedSamples(labels, { largest: 10, ratio: 5, ...options, seed }),
  markovTokens: (seed, options = {}) => markovTokens({ length: 100, symbols: 8, ...options, seed }),
  modularArithmetic: (seed, options = {}) => {
    const { train, test } = modularArithmetic({ modulus: 11, ...options, seed });
    return [train.columns, test.columns];
  },
  multiColorDigits: (seed, options = {}) => multiColorDigits(digits, { randomShare: 0.5, ...options, seed }),
  noisyRectangles: (seed, options = {}) => noisyRectangles({ samples: 2, ...options, seed }),
  noisySteps: (seed, options = {}) => noisySteps({ samples: 2, ...options, seed }),
  partialModalities: (seed, options = {}) => partialModalities({ train: 20, test: 20, ...options, seed }),
  pointClouds: (seed, options = {}) => pointClouds({ ...options, seed }),
  prototypeClasses: (seed, options = {}) => prototypeClasses({ train: 20, test: 20, ...options, seed }),
  randomizeLabels: (seed, options = {}) =>
    randomizeLabels(labels, { share: 0.5, classes: 10, ...options, seed }),
  routedTasks: (seed, options = {}) => routedTasks({ ...options, seed }),
  samplesByShare: (seed, options = {}) =>
    samplesByShare(labels, { shares: Array(10).fill(0.5), ...options, seed }),
  samplesPerClass: (seed, options = {}) => samplesPerClass(labels, { count: 5, ...options, seed }),
  sequenceLengths: (seed, options = {}) => sequenceLengths({ tokens: 100_000, ...options, seed }),
  shiftedDomains: (seed, options = {}) => shiftedDomains({ train: digits }, { ...options, seed }),
  unequalModalities: (seed, options = {}) => unequalModalities({ train: 20, test: 20, ...options, seed }),
} satisfies Record<string, (seed: number, options?: Record<string, never>) => unknown>;

type Name = keyof typeof calls;
const call = (name: Name, seed: number, options?: object) =>
  (calls[name] as (seed: number, options?: object) => unknown)(seed, options);

/** Options of each kind that must be refused, and a part of the message. */
const refusals: [name: Name, options: Record<string, unknown>, message: string][] = [
  ['adLogs', { samples: 0 }, 'adLogs: samples: got 0, expected a whole number of at least 1'],
  ['adLogs', { revenueWeight: 1.5 }, 'adLogs: revenueWeight: got 1.5, expected a number from 0 to 1'],
  ['adLogs', { policy: [0.5, 0.5, 0.5, 0, 0] }, 'adLogs: policy: got 5 probabilities with sum 1.5'],
  ['adLogs', { policy: [0.5, 0.5] }, 'adLogs: policy: got 2 probabilities with sum 1, expected 5'],
  ['adLogs', { policy: [-0.5, 0.5, 1, 0, 0] }, 'adLogs: policy[0]: got -0.5'],
  ['bilevelQuadratic', { unknowns: 1.5 }, 'unknowns: got 1.5'],
  ['bilevelQuadratic', { noise: -1 }, 'noise: got -1, expected a number of at least 0'],
  ['characterWindows', { context: 500 }, 'block: got 500, expected a whole number of at least 501'],
  ['characterWindows', { symbols: 1 }, 'symbols: got 1'],
  [
    'characterWindows',
    { validationBlocks: 11 },
    'the text has 11 blocks of 500 characters, expected more than 11',
  ],
  ['characterWindows', { train: 4429 }, 'train: got 4429, the text has 4428 windows'],
  ['characterWindows', { validation: 0 }, 'validation: got 0'],
  ['contrastiveViews', { shift: 0.5 }, 'shift: got 0.5'],
  ['contrastiveViews', { gain: [1.4, 0.6] }, 'gain[1] - gain[0]: got -0.7'],
  ['contrastiveViews', { noise: Number.NaN }, 'noise: got NaN'],
  ['disjointParts', { train: 190 }, 'disjointParts: 210 samples are asked for, 200 are there'],
  ['disjointParts', { train: -1 }, 'train: got -1'],
  ['domainTokens', { domains: 0 }, 'domains: got 0'],
  ['domainTokens', { domainNoise: -0.1 }, 'domainNoise: got -0.1'],
  ['expertLoads', { persistence: 1.1 }, 'persistence: got 1.1'],
  ['expertLoads', { tokens: 0 }, 'tokens: got 0'],
  ['gateScores', { skew: Number.POSITIVE_INFINITY }, 'skew: got Infinity'],
  ['gateScores', { batch: -1 }, 'batch: got -1'],
  ['gaussianRing', { radius: 0 }, 'radius: got 0, expected a positive number'],
  ['gaussianRing', { centres: 0 }, 'centres: got 0'],
  ['groupMeans', { groups: 0 }, 'groups: got 0'],
  ['imbalancedBinary', { informative: 11 }, 'informative: got 11, expected at most the 10 features'],
  ['imbalancedBinary', { shift: Number.NaN }, 'shift: got NaN, expected a finite number'],
  ['imbalancedBinary', { positiveShare: 2 }, 'positiveShare: got 2'],
  ['itemCatalogue', { replaced: -1 }, 'replaced: got -1'],
  ['itemCatalogue', { topics: 0 }, 'topics: got 0'],
  ['landCover', { size: 1 }, 'size: got 1, expected a whole number of at least 2'],
  ['linearRegression', { noise: -2 }, 'noise: got -2'],
  ['longTailedSamples', { ratio: 0.5 }, 'ratio: got 0.5, expected at least 1'],
  ['longTailedSamples', { largest: 21 }, 'has 20 samples, 21 are asked for'],
  ['longTailedSamples', { classes: 9 }, 'got 9, expected a class from 0 to 8'],
  ['markovTokens', { order: 3 }, 'order: got 3, expected 1 or 2'],
  ['markovTokens', { symbols: 257 }, 'symbols: got 257, expected at most 256'],
  ['modularArithmetic', { modulus: 1 }, 'modulus: got 1, expected a whole number of at least 2'],
  ['modularArithmetic', { modulus: 5000 }, 'modulus: got 5000, expected at most 4096'],
  ['modularArithmetic', { operation: 'division' }, 'operation: got division, expected addition, subtraction'],
  ['modularArithmetic', { trainShare: 0.001 }, '0.001 of 121 pairs leaves one side empty'],
  [
    'multiColorDigits',
    { randomShare: [0.1, 0.2] },
    'got 2 probabilities, expected one for each of 32 patches',
  ],
  ['multiColorDigits', { randomShare: 1.1 }, 'randomShare[0]: got 1.1'],
  ['multiColorDigits', { digitGain: -1 }, 'digitGain: got -1'],
  ['noisyRectangles', { size: 1 }, 'size: got 1'],
  ['noisySteps', { pieces: 257 }, 'pieces: got 257, expected at most the length, 256'],
  ['partialModalities', { uniqueFirst: 0.9, uniqueSecond: 0.4 }, 'uniqueFirst + uniqueSecond: got 1.3'],
  ['pointClouds', { points: 0 }, 'points: got 0'],
  ['prototypeClasses', { labelNoise: 1.1 }, 'labelNoise: got 1.1'],
  ['prototypeClasses', { train: 2.5 }, 'train: got 2.5'],
  ['randomizeLabels', { share: -0.1 }, 'share: got -0.1'],
  ['routedTasks', { nuisance: -1 }, 'nuisance: got -1'],
  ['routedTasks', { hidden: 0 }, 'hidden: got 0'],
  ['samplesByShare', { shares: [1, 2] }, 'shares[1]: got 2'],
  ['samplesByShare', { shares: [1, 1] }, 'labels: got 2, expected a class from 0 to 1'],
  ['samplesPerClass', { count: 21 }, 'class 0 has 20 samples, 21 are asked for'],
  ['sequenceLengths', { context: 32 }, 'context: got 32, expected at least the shortest, 64'],
  ['shiftedDomains', { domains: 0 }, 'domains: got 0'],
  ['unequalModalities', { curve: 'cosine' }, "curve: got cosine, expected 'sine' or 'tanh'"],
];

describe('every generator', () => {
  const seeded = Object.keys(generators).filter(
    (name) => !['ringCentres', 'poolImages', 'superResolutionPairs'].includes(name),
  );

  it('stands in this list, unless it draws nothing', () => {
    expect(Object.keys(calls).sort()).toEqual(seeded.sort());
  });

  it.each(Object.keys(calls) as Name[])(
    '%s gives the same for the same seed, other data for another',
    (name) => {
      const text = (seed: number) => JSON.stringify(call(name, seed));
      expect(text(3)).toBe(text(3));
      expect(text(4)).not.toBe(text(3));
      expect(text(3)).not.toContain('null');
    },
  );

  it.each(refusals)('%s refuses %o', (name, options, message) => {
    expect(() => call(name, 0, options)).toThrow(RangeError);
    expect(() => call(name, 0, options)).toThrow(message);
  });

  it.each(Object.keys(calls) as Name[])('%s refuses a seed that is none', (name) => {
    expect(() => call(name, -1)).toThrow('seed must be a non-negative safe integer');
  });
});
