import { type Experiment, type Results, type Run, runExperiment } from '@evenkeel/lab';
import { refuseUnknown } from '../errors.js';
import { findExperiment, follow } from '../experiments.js';
import { type Io, lineWidth, printJson, printLines } from '../io.js';
import { showProgress } from '../progress.js';
import { readRecorded } from '../recorded.js';
import { runTable, verdictLine } from '../report.js';

export interface RunOptions {
  readonly arm?: readonly string[];
  readonly seed?: number;
  readonly quick?: true;
  readonly json?: true;
}

/** Runs arms of one experiment with one seed and shows them beside the recorded verdict. */
export async function run(io: Io, slug: string, options: RunOptions): Promise<number> {
  const experiment = await findExperiment(io, 'run', slug)();
  const arms = chooseArms(experiment, options.arm);
  const seed = options.seed ?? experiment.seeds[0]!;
  const budget = options.quick ? 'quick' : 'full';
  const signal = io.interruption();
  const progress = showProgress(io.stderr, experiment, { total: arms.length });
  let runs: readonly Run[];
  try {
    runs = await follow(runExperiment(experiment, { arms, seeds: [seed], budget, signal }), progress.show);
  } finally {
    progress.stop();
  }
  const recorded = await readRecorded(io, slug);
  if (options.json) {
    const verdict = recorded && { verdict: recorded.verdict, finishedAt: recorded.finishedAt };
    printJson(io.stdout, { paper: slug, seed, budget, runs, ...(verdict && { recorded: verdict }) });
  } else {
    printLines(io.stdout, [
      `${slug}, seed ${seed}${options.quick ? ', quick budget' : ''}: ${experiment.question}`,
      '',
      ...runTable(experiment, runs, lineWidth(io.stdout)),
      '',
      recordedLine(slug, recorded),
    ]);
  }
  return 0;
}

/** The arms asked for, or those that are meant to be run live. */
function chooseArms(experiment: Experiment, names: readonly string[] | undefined): string[] {
  const known = experiment.arms.map((arm) => arm.name);
  if (names === undefined) {
    const live = experiment.arms.filter((arm) => arm.live).map((arm) => arm.name);
    return live.length > 0 ? live : known;
  }
  for (const name of names) refuseUnknown('run: --arm', name, `an arm of ${experiment.paper}`, known);
  return [...new Set(names)];
}

function recordedLine(slug: string, recorded: Results | undefined): string {
  if (recorded) return `Recorded: ${verdictLine(recorded)}.`;
  return `No verdict is recorded yet; evenkeel reproduce ${slug} makes one.`;
}
