import { randomKey, type Tensor, uniform } from '@evenkeel/tensor';
import { describe, expect, it } from 'vitest';
import { greedyPlan, sinkhorn, sinkhornRouter } from './baselines.js';

const cost = uniform(randomKey(0), [6, 4], { dtype: 'float64' });
const numbers = async (x: Tensor) => Array.from(await x.data(), Number);

describe('what transport with a limit is compared with', () => {
  it('greedy plans have the rows’ masses, where they are cheapest', async () => {
    const rows = (await greedyPlan(cost).toArray()) as number[][];
    const costs = (await cost.toArray()) as number[][];
    for (const [i, row] of rows.entries()) {
      expect(row[costs[i]!.indexOf(Math.min(...costs[i]!))]).toBeCloseTo(1 / 6, 12);
      expect(row.filter((each) => each > 0)).toHaveLength(1);
    }
  });

  it('entropic plans have all masses, and an objective that never falls', async () => {
    const { plan, objectives } = sinkhorn(cost, 0.1, 200);
    for (const mass of await numbers(plan.sum({ axis: 1 }))) expect(mass).toBeCloseTo(1 / 6, 9);
    for (const mass of await numbers(plan.sum({ axis: 0 }))) expect(mass).toBeCloseTo(1 / 4, 12);
    const rise = await numbers(objectives);
    for (let i = 1; i < rise.length; i++) expect(rise[i]).toBeGreaterThanOrEqual(rise[i - 1]! - 1e-12);
    // Without a limit on entropy: <T, C> + ε Σ T log T is the dual at its maximum.
    const primal = plan.mul(cost).sum().add(plan.mul(plan.log()).sum().mul(0.1));
    expect(await primal.item()).toBeCloseTo(rise.at(-1)!, 9);
  });

  it('the entropic router sends a token where its plan is largest', async () => {
    const { experts, weights } = sinkhornRouter(0.1, 50, (x) => x)(cost);
    const { plan } = sinkhorn(cost.neg(), 0.1, 50);
    const rows = (await plan.toArray()) as number[][];
    const scores = (await cost.toArray()) as number[][];
    const chosen = await numbers(experts);
    expect(chosen).toEqual(rows.map((row) => row.indexOf(Math.max(...row))));
    expect(await numbers(weights)).toEqual(chosen.map((expert, i) => scores[i]![expert]));
  });
});
