import { copy, type Tensor } from '@evenkeel/tensor';
import { evenly, greedyPlan, sinkhorn } from './baselines.js';
import { sparseTransport, sparseTransportSemiDual } from './index.js';
import { ascend } from './router.js';

/** What is to be carried, with even masses, and within which limit. */
export interface Load {
  readonly cost: Tensor;
  readonly gamma: number;
  /** Most nonzeros of a column, for ways with a limit. */
  readonly k: number;
  readonly signal?: AbortSignal | undefined;
}

export interface Carried {
  /** `[rows, columns]`, with a sum of 1. */
  readonly plan: Tensor;
  /** What was maximized, in the end. */
  readonly objective: number;
  /** Until the objective was within 1e-4 of its last value. */
  readonly iterations: number;
}

export type Way = (load: Load) => Promise<Carried>;

const risen = (objectives: readonly number[]) => {
  const objective = objectives.at(-1)!;
  return { objective, iterations: objectives.findIndex((each) => each >= objective - 1e-4) + 1 };
};

/** The whole mass of a row where it is cheapest. */
export const greedily: Way = async ({ cost }) => {
  const plan = await copy(greedyPlan(cost));
  return { plan, objective: await plan.mul(cost).sum().item(), iterations: 0 };
};

/** With an entropy, ε = 0.05. */
export const entropically: Way = async ({ cost }) => {
  const { plan, objectives } = await copy(sinkhorn(cost, 0.05, 300));
  return { plan, ...risen(Array.from(await objectives.data(), Number)) };
};

/** With a squared norm and at most k nonzeros in a column, by L-BFGS. */
export const sparsely: Way = async ({ signal, ...problem }) => {
  const objectives: number[] = [];
  const { plan } = await sparseTransport({
    ...problem,
    ...(signal && { signal }),
    tolerance: 1e-6,
    maxIterations: 300,
    onIteration: ({ objective }) => objectives.push(objective),
  });
  return { plan, ...risen(objectives) };
};

/** The same by as many accelerated steps as the router takes. */
export const byRouterSteps: Way = async ({ cost, gamma, k }) => {
  const [rows, columns] = cost.shape as [number, number];
  const problem = { cost, gamma, k, a: evenly(rows, cost), b: evenly(columns, cost) };
  const steps = 50;
  const { plan, objective } = await copy(sparseTransportSemiDual(problem, ascend(problem, steps)));
  return { plan, objective: await objective.item(), iterations: steps };
};
