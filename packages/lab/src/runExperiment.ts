import { curvePoint, longestCurve, thin } from './curve.js';
import { isSeed, seedRange } from './defineExperiment.js';
import { type Exhibit, exhibitsCheck, mergeExhibits } from './exhibit.js';
import type {
  Arm,
  ArmContext,
  Budget,
  Experiment,
  Metric,
  Metrics,
  Outcome,
  Progress,
} from './experiment.js';
import { nearest } from './nearest.js';
import type { CurvePoint, Run, RunEvent } from './results.js';

/** What to run of an experiment, and how. */
export interface RunOptions {
  /** Names of arms; all when left out. They run in the experiment's order. */
  readonly arms?: readonly string[];
  /** The experiment's seeds when left out; with the quick budget only the first of them. */
  readonly seeds?: readonly number[];
  /** `full` when left out. */
  readonly budget?: Budget;
  /** `interleaved` advances the arms of a seed in turn, so that their curves grow together. */
  readonly order?: 'sequential' | 'interleaved';
  readonly signal?: AbortSignal;
}

/**
 * Runs arms of an experiment, seed after seed, and tells what happens. Data are loaded once for each seed. The runs
 * come back by seed, then in the experiment's order of arms, whatever `order` is.
 * @throws RangeError at once for an unknown arm or a bad seed; while running whatever an arm throws, an Error for a
 * final metric that is missing or not finite, a TypeError for an exhibit that is broken or too large, and the signal's reason once it is aborted (looked at between steps).
 */
export function runExperiment<Data>(
  experiment: Experiment<Data>,
  options: RunOptions = {},
): AsyncGenerator<RunEvent, readonly Run[], void> {
  const { budget = 'full', order = 'sequential', signal } = options;
  const arms = chooseArms(experiment, options.arms);
  const seeds = chooseSeeds(experiment, options.seeds, budget);
  const groups = order === 'interleaved' ? [arms] : arms.map((arm) => [arm]);
  return runSeeds(experiment, groups, seeds, { budget, ...(signal && { signal }) });
}

function chooseArms<Data>(experiment: Experiment<Data>, names: readonly string[] | undefined): Arm<Data>[] {
  if (names === undefined) return [...experiment.arms];
  const known = experiment.arms.map((arm) => arm.name);
  const unknown = names.find((name) => !known.includes(name));
  if (unknown !== undefined) {
    refuse(
      'arms',
      `"${unknown}"`,
      `an arm of ${experiment.paper} such as ${nearest(unknown, known).join(', ')}`,
    );
  }
  if (names.length === 0) refuse('arms', 'none', 'at least one');
  return experiment.arms.filter((arm) => names.includes(arm.name));
}

function chooseSeeds(
  experiment: Experiment,
  seeds: readonly number[] | undefined,
  budget: Budget,
): readonly number[] {
  if (seeds === undefined) return budget === 'quick' ? experiment.seeds.slice(0, 1) : experiment.seeds;
  const odd = seeds.find((seed) => !isSeed(seed));
  if (odd !== undefined) refuse('seeds', String(odd), seedRange);
  if (seeds.length === 0) refuse('seeds', 'none', 'at least one');
  return [...new Set(seeds)];
}

async function* runSeeds<Data>(
  experiment: Experiment<Data>,
  groups: readonly Arm<Data>[][],
  seeds: readonly number[],
  shared: { readonly budget: Budget; readonly signal?: AbortSignal },
): AsyncGenerator<RunEvent, readonly Run[], void> {
  const runs: Run[] = [];
  for (const seed of seeds) {
    shared.signal?.throwIfAborted();
    const data = await experiment.data.load({ seed, ...shared });
    for (const arms of groups)
      runs.push(...(yield* runTogether(arms, { data, seed, ...shared }, experiment.metrics)));
  }
  return runs;
}

/** An arm under way with one seed; `run` is there once it has ended. */
interface Lane {
  readonly arm: string;
  readonly seed: number;
  readonly progress: AsyncGenerator<Progress, Outcome, void>;
  readonly curve: CurvePoint[];
  exhibits: readonly Exhibit[];
  seconds: number;
  run?: Run;
}

/** Advances arms in turn, a step each, until all have ended. */
async function* runTogether<Data>(
  arms: readonly Arm<Data>[],
  context: ArmContext<Data>,
  metrics: readonly Metric[],
): AsyncGenerator<RunEvent, readonly Run[], void> {
  const lanes: Lane[] = [];
  try {
    for (const arm of arms) {
      context.signal?.throwIfAborted();
      const { seed } = context;
      lanes.push({ arm: arm.name, seed, progress: arm.run(context), curve: [], exhibits: [], seconds: 0 });
      yield { type: 'started', arm: arm.name, seed };
    }
    while (lanes.some((lane) => !lane.run)) {
      for (const lane of lanes.filter((each) => !each.run)) {
        context.signal?.throwIfAborted();
        yield await advance(lane, metrics);
      }
    }
    return lanes.map((lane) => lane.run!);
  } catch (error) {
    context.signal?.throwIfAborted();
    throw error;
  } finally {
    // Settled, because an arm that fails while it is closed must not hide why it was closed.
    await Promise.allSettled(lanes.map((lane) => lane.progress.return({})));
  }
}

async function advance(lane: Lane, metrics: readonly Metric[]): Promise<RunEvent> {
  const start = performance.now();
  const next = await lane.progress.next();
  lane.seconds += (performance.now() - start) / 1000;
  const { arm, seed, seconds } = lane;
  if (next.done) {
    const { metrics: final, exhibits = [] } = partsOf(next.value);
    checkFinal(final, metrics, lane);
    show(lane, exhibits);
    lane.run = {
      ...{ arm, seed, metrics: final, seconds, curve: thin(lane.curve, longestCurve) },
      ...(lane.exhibits.length > 0 && { exhibits: lane.exhibits }),
    };
    return { type: 'finished', run: lane.run };
  }
  lane.curve.push(curvePoint(next.value));
  const { step, steps, metrics: measured, exhibits } = next.value;
  if (exhibits) show(lane, exhibits);
  return {
    ...{ type: 'progress', arm, seed, step, steps, metrics: measured, seconds },
    ...(exhibits && { exhibits }),
  };
}

/** Takes exhibits in. All that the arm has shown stay within the limits together, so that its run can be recorded. */
function show(lane: Lane, exhibits: readonly Exhibit[]): void {
  const where = `runExperiment: arm ${lane.arm}, seed ${lane.seed}: exhibits`;
  lane.exhibits = exhibitsCheck(mergeExhibits(lane.exhibits, exhibits), where);
}

const partsOf = (outcome: Outcome): { metrics: Metrics; exhibits?: readonly Exhibit[] } =>
  isMetrics(outcome) ? { metrics: outcome } : outcome;

/** A metric may have the name `metrics`, and is a number then. */
const isMetrics = (outcome: Outcome): outcome is Metrics => typeof outcome.metrics !== 'object';

/** A verdict needs every declared metric, and a results file holds only finite numbers. */
function checkFinal(final: Metrics, declared: readonly Metric[], { arm, seed }: Lane): void {
  for (const name of new Set([...declared.map((metric) => metric.name), ...Object.keys(final)])) {
    const value = final[name];
    if (Number.isFinite(value)) continue;
    throw new Error(
      `runExperiment: arm ${arm}, seed ${seed}: final metric ${name}: got ${value ?? 'none'}, expected a finite number`,
    );
  }
}

function refuse(argument: string, got: string, expected: string): never {
  throw new RangeError(`runExperiment: ${argument}: got ${got}, expected ${expected}`);
}
