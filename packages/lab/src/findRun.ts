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
