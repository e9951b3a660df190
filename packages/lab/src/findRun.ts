import type { Run } from './results.js';

/**
 * The run of an arm with a seed.
 * @throws RangeError when there is none or more than one.
 */
export function findRun(runs: readonly Run[], arm: string, seed: number): Run {
  const [run, ...others] = runs.filter((each) => each.arm === arm && each.seed === seed);
  if (run && others.length === 0) return run;
  const got = run ? `${others.length + 1} runs` : 'no run';
  throw new RangeError(`runs: got ${got} of arm ${arm} with seed ${seed}, expected one`);
}

/**
 * The final value of a metric of an arm with a seed.
 * @throws RangeError when the run or the metric is missing.
 */
export function findValue(runs: readonly Run[], arm: string, seed: number, metric: string): number {
  const value = findRun(runs, arm, seed).metrics[metric];
  if (value !== undefined) return value;
  throw new RangeError(`runs: arm ${arm}, seed ${seed}: got no ${metric}, expected a number`);
}
