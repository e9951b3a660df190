import type { Condition, Experiment, Role } from './experiment.js';
import { nearest } from './nearest.js';

/**
 * Checks an experiment and returns it.
 * @throws Error naming the experiment and the field: names that are not unique or not known, no baseline or no
 * method, fewer than three distinct seeds, nothing tested, a condition without exactly one finite threshold.
 */
export function defineExperiment<Data>(definition: Experiment<Data>): Experiment<Data> {
  checkArms(definition);
  checkSeeds(definition);
  checkMetrics(definition);
  checkClaims(definition);
  const { liveSeconds } = definition;
  if (!(Number.isFinite(liveSeconds) && liveSeconds > 0)) {
    refuse(definition, 'liveSeconds', liveSeconds, 'a positive number of seconds');
  }
  return definition;
}

function checkArms(experiment: Experiment): void {
  refuseRepeated(
    experiment,
    'arms',
    experiment.arms.map((arm) => arm.name),
  );
  for (const role of ['baseline', 'method'] satisfies Role[]) {
    if (!experiment.arms.some((arm) => arm.role === role)) {
      refuse(experiment, 'arms', `no ${role}`, `at least one ${role}`);
    }
  }
}

function checkSeeds(experiment: Experiment): void {
  const { seeds } = experiment;
  refuseRepeated(experiment, 'seeds', seeds.map(String));
  if (seeds.length < 3) refuse(experiment, 'seeds', `[${seeds.join(', ')}]`, 'at least three');
  const odd = seeds.find((seed) => !isSeed(seed));
  if (odd !== undefined) refuse(experiment, 'seeds', odd, seedRange);
}

function checkMetrics(experiment: Experiment): void {
  const names = experiment.metrics.map((metric) => metric.name);
  refuseRepeated(experiment, 'metrics', names);
  if (names.length === 0) refuse(experiment, 'metrics', 'none', 'at least one');
  refuseRepeated(experiment, 'curves', experiment.curves);
  for (const curve of experiment.curves) refuseUnknown(experiment, 'curves', curve, names);
}

function checkClaims(experiment: Experiment): void {
  const { claims } = experiment;
  claims.forEach((claim, i) => {
    if (!('conditions' in claim)) return;
    const where = `claims[${i}].conditions`;
    if (claim.conditions.length === 0) refuse(experiment, where, 'none', 'at least one, or notTested');
    claim.conditions.forEach((condition, j) => {
      checkCondition(experiment, `${where}[${j}]`, condition);
    });
  });
  if (!claims.some((claim) => 'conditions' in claim)) {
    refuse(experiment, 'claims', 'none with conditions', 'at least one that is tested');
  }
}

function checkCondition(experiment: Experiment, where: string, condition: Condition): void {
  const arms = experiment.arms.map((arm) => arm.name);
  const metrics = experiment.metrics.map((metric) => metric.name);
  refuseUnknown(experiment, `${where}.metric`, condition.metric, metrics);
  refuseUnknown(experiment, `${where}.arm`, condition.arm, arms);
  if (condition.minus !== undefined) refuseUnknown(experiment, `${where}.minus`, condition.minus, arms);
  const given = [condition.atLeast, condition.atMost].filter((threshold) => threshold !== undefined);
  if (given.length !== 1) {
    refuse(experiment, where, given.length === 0 ? 'no threshold' : 'both', 'one of atLeast and atMost');
  }
  if (!Number.isFinite(given[0])) refuse(experiment, where, `threshold ${given[0]}`, 'a finite number');
}

export const seedRange = 'whole numbers from 0';

export function isSeed(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0;
}

function refuseRepeated(experiment: Experiment, field: string, names: readonly string[]): void {
  const repeated = names.find((name, i) => names.indexOf(name) !== i);
  if (repeated !== undefined) refuse(experiment, field, `"${repeated}" twice`, 'each one once');
}

function refuseUnknown(experiment: Experiment, field: string, name: string, known: readonly string[]): void {
  if (!known.includes(name))
    refuse(experiment, field, `"${name}"`, `one such as ${nearest(name, known).join(', ')}`);
}

function refuse(experiment: Experiment, field: string, got: string | number, expected: string): never {
  throw new Error(`defineExperiment: ${experiment.paper}: ${field}: got ${got}, expected ${expected}`);
}
