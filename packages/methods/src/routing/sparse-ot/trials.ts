import { gateScores, pointClouds, toTensors } from '@evenkeel/nn';
import { slice, type Tensor } from '@evenkeel/tensor';
import type { Part } from '../parts.js';
import type { Way } from './ways.js';

// Two transports that every way is tried on: of points in the plane to others, and of tokens to experts.

const tokens = 96;

export interface Trials {
  /** Squared distances between two clouds of 24 points over the largest: float64 `[24, 24]`. */
  readonly costs: Tensor;
  /** How well 96 tokens like 8 experts, from 0 to 1: float64 `[96, 8]`. */
  readonly affinities: Tensor;
}

export const drawTrials = (seed: number): Trials => ({
  costs: toTensors(pointClouds({ seed, points: 24 }).columns).costs,
  affinities: toTensors(gateScores({ seed, tokens, experts: 8, skew: 1.2 }).columns).scores,
});

/** The cheapest way to give every column a row of its own, over their number: all subsets of rows tried. */
function cheapestAssignment(costs: readonly (readonly number[])[]): number {
  const least = new Float64Array(2 ** costs.length).fill(Number.POSITIVE_INFINITY);
  least[0] = 0;
  for (let taken = 0; taken < least.length; taken++) {
    const column = taken.toString(2).replaceAll('0', '').length;
    for (const [row, prices] of costs.entries()) {
      const then = taken | (1 << row);
      if (then !== taken) least[then] = Math.min(least[then]!, least[taken]! + prices[column]!);
    }
  }
  return least.at(-1)! / costs.length;
}

/** What the rows of a plan miss of their even masses, and how many rows a column has at most. */
async function shapeOf(plan: Tensor) {
  const rows = (await plan.toArray()) as number[][];
  const masses = rows.map((row) => row.reduce((total, each) => total + each, 0));
  const nonzeros = rows[0]!.map((_, j) => rows.filter((row) => row[j]! > 0).length);
  return {
    rows,
    most: Math.max(...nonzeros),
    rowError: masses.reduce((total, mass) => total + Math.abs(mass - 1 / rows.length), 0),
    left: masses.filter((mass) => mass === 0).length / rows.length,
  };
}

export interface Trial {
  readonly data: Trials;
  readonly way: Way;
  /** Most nonzeros of a column, for ways with a limit. */
  readonly k: number;
  readonly signal?: AbortSignal | undefined;
}

/** Carries the points, γ = 4; eight of them once more, to compare with the best assignment. */
export const pointsPart = ({ data: { costs }, way, k, signal }: Trial): Part => ({
  steps: 1,
  async *run() {
    const load = { cost: costs, gamma: 4, k, signal };
    const { plan, objective, iterations } = await way(load);
    const { rows, most, rowError } = await shapeOf(plan);
    const transportCost = await plan.mul(costs).sum().item();
    yield { step: 1, metrics: { objective, transportCost } };
    const few = slice(costs, [0, 0], [8, 8]);
    const assigned = await (await way({ ...load, cost: few })).plan.mul(few).sum().item();
    const metrics = {
      objective,
      transportCost,
      mostNonzeros: most,
      rowError,
      iterations,
      iterationDoublings: Math.log2(Math.max(1, iterations)),
      aboveAssignment: assigned - cheapestAssignment((await few.toArray()) as number[][]),
    };
    const axes = { rowAxis: 'source', columnAxis: 'target' };
    return {
      metrics,
      exhibits: [{ kind: 'heat map', title: 'Points: the plan', ...axes, values: rows }],
    };
  },
});

/** Carries the tokens, γ = 10. */
export const tokensPart = ({ data: { affinities }, way, k, signal }: Trial): Part => ({
  steps: 1,
  async *run() {
    const { plan } = await way({ cost: affinities.neg().add(1), gamma: 10, k, signal });
    const { rows, most, rowError, left } = await shapeOf(plan);
    const affinity = await plan.mul(affinities).sum().item();
    yield { step: 1, metrics: { affinity } };
    const values = rows[0]!.map((_, j) => rows.map((row) => row[j]! * tokens));
    const axes = { rowAxis: 'expert', columnAxis: 'token' };
    return {
      metrics: { affinity, mostTokens: most, left, tokenError: rowError },
      exhibits: [{ kind: 'heat map', title: 'Tokens: what each expert gets of them', ...axes, values }],
    };
  },
});
