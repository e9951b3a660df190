import { type Columns, columns, type HostArray } from '../dataset.js';
import { type RandomSource, randomSource } from '../random.js';
import { float64, int32, logistic } from './arrays.js';
import { indexSampler } from './indexSampler.js';
import { requireShares, requireWhole } from './options.js';

/** Ad loads 0 to 4: how many ads one fetch of the feed shows. */
const loads = 5;
const features = 5;

export interface AdLogsOptions {
  readonly seed: number;
  /** 8000 unless said. */
  readonly samples?: number;
  /** Probability of each load in the log; 0.6 for load 2 and 0.1 for the others unless said. */
  readonly policy?: readonly number[];
  /** Weight of revenue in the reward, from 0 to 1; the rest is satisfaction's. 0.5 unless said. */
  readonly revenueWeight?: number;
}

/** Decisions with what came of them, and what would have come of the others on average. */
export type AdLogs = {
  /** `[n, 5]`, float64: tolerance, ad value, position from 0 to 1, and two numbers without meaning. */
  readonly contexts: HostArray;
  /** `[n]`, int32: the load that was shown. */
  readonly actions: HostArray;
  /** `[n]`, float64: the probability with which it was. */
  readonly propensities: HostArray;
  /** `[n]`, float64. */
  readonly revenues: HostArray;
  /** `[n]`, float64: 1 where the user was satisfied, else 0. */
  readonly satisfactions: HostArray;
  /** `[n]`, float64: the weighted mean of both. */
  readonly rewards: HostArray;
  /** `[n, 5]`, float64: the expected revenue of each load. */
  readonly meanRevenues: HostArray;
  /** `[n, 5]`, float64: the probability of satisfaction with each load. */
  readonly meanSatisfactions: HostArray;
  /** `[n, 5]`, float64: the expected reward of each load, by which the true value of a policy is known. */
  readonly meanRewards: HostArray;
};

const drawContext = (random: RandomSource) => [
  random.normal(),
  random.normal(),
  random.uniform(),
  random.normal(),
  random.normal(),
];

const meanRevenue = (adValue: number, load: number) =>
  0.6 * Math.exp(0.5 * adValue) * (1 - Math.exp(-0.5 * load));

const meanSatisfaction = (tolerance: number, position: number, load: number) =>
  logistic(2 - (1.6 - 1.3 * logistic(1.5 * tolerance)) * (1.3 - 0.8 * position) * load);

/**
 * A randomized log of ad loads a = 0..4 in a feed (arXiv 2309.11518). Context: x0 (tolerance) and x1 (ad value)
 * standard normal, x2 (position) uniform in [0, 1), two more normal. With t = σ(1.5 x0): revenue is
 * 0.6 exp(0.5 x1) (1 - exp(-0.5 a)) times an exponential number of mean 1; satisfaction is 1 with probability
 * σ(2 - (1.6 - 1.3 t) (1.3 - 0.8 x2) a); reward = w · revenue + (1 - w) · satisfaction.
 * @throws RangeError for a number of samples that is not whole and positive, a weight outside [0, 1], and a policy that
 *   is not five probabilities with sum 1
 */
export function adLogs({
  seed,
  samples = 8000,
  policy = [0.1, 0.1, 0.6, 0.1, 0.1],
  revenueWeight = 0.5,
}: AdLogsOptions): Columns<AdLogs> {
  requireWhole('adLogs', { samples });
  requireShares('adLogs', {
    revenueWeight,
    ...Object.fromEntries(policy.map((probability, load) => [`policy[${load}]`, probability])),
  });
  const sum = policy.reduce((total, probability) => total + probability, 0);
  if (policy.length !== loads || Math.abs(sum - 1) > 1e-9) {
    throw new RangeError(
      `adLogs: policy: got ${policy.length} probabilities with sum ${sum}, expected ${loads} with sum 1`,
    );
  }
  const random = randomSource(seed);
  const drawAction = indexSampler(Float64Array.from(policy));
  const rewardOf = (revenue: number, satisfaction: number) =>
    revenueWeight * revenue + (1 - revenueWeight) * satisfaction;
  const rows = Array.from({ length: samples }, () => {
    const context = drawContext(random);
    const [tolerance, adValue, position] = context as [number, number, number];
    const means = Array.from({ length: loads }, (_, load) => ({
      revenue: meanRevenue(adValue, load),
      satisfaction: meanSatisfaction(tolerance, position, load),
    }));
    const action = drawAction(random);
    const revenue = means[action]!.revenue * -Math.log(1 - random.uniform());
    const satisfaction = Number(random.uniform() < means[action]!.satisfaction);
    return { context, means, action, revenue, satisfaction };
  });
  const perSample = (of: (sample: (typeof rows)[number]) => number) => float64(rows.map(of), [samples]);
  const perLoad = (of: (mean: { revenue: number; satisfaction: number }) => number) =>
    float64(
      rows.flatMap(({ means }) => means.map(of)),
      [samples, loads],
    );
  return columns({
    contexts: float64(
      rows.flatMap(({ context }) => context),
      [samples, features],
    ),
    actions: int32(
      rows.map(({ action }) => action),
      [samples],
    ),
    propensities: perSample(({ action }) => policy[action]!),
    revenues: perSample(({ revenue }) => revenue),
    satisfactions: perSample(({ satisfaction }) => satisfaction),
    rewards: perSample(({ revenue, satisfaction }) => rewardOf(revenue, satisfaction)),
    meanRevenues: perLoad(({ revenue }) => revenue),
    meanSatisfactions: perLoad(({ satisfaction }) => satisfaction),
    meanRewards: perLoad(({ revenue, satisfaction }) => rewardOf(revenue, satisfaction)),
  });
}
