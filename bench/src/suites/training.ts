import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gradientDifference, writeStart } from '../exchange.js';
import { workloadNamed, workloads } from '../models/index.js';
import type { Options } from '../options.js';
import { Peer } from '../peer.js';
import { chosenSides, peerCommand, sideGroups } from '../peerCommands.js';
import type { Described } from '../peers/protocol.js';
import type { Manifest } from '../start.js';
import { geometricMean, median, pause } from '../statistics.js';
import { formatTable, shown } from '../table.js';
import type { Workload } from '../workload.js';

/** Largest relative difference between losses and gradients of the same computation on two sides. */
const tolerance = 1e-4;
/** The same for the loss after the steps before the measurement, in which differences grow. */
const toleranceAfterWarmUp = 1e-2;
const warmUpMilliseconds = 1000;
/** What a block may take; sides that are slow take fewer steps in it. */
const blockMilliseconds = 4000;

export interface Timing {
  readonly medianMilliseconds: number;
  readonly minimumMilliseconds: number;
  /** Of all threads, user and system, for a step. */
  readonly cpuMilliseconds: number;
}

/** What a side did with a workload: its times, why they would not compare, or why it has none. */
export type Outcome =
  | { readonly timing: Timing }
  | { readonly refused: string }
  | { readonly unable: string };

export interface TrainingResults {
  readonly peers: Readonly<Record<string, Described>>;
  readonly models: Readonly<Record<string, Readonly<Record<string, Outcome>>>>;
}

/**
 * Whole training steps on every side of a group, in alternating blocks; a side that computes something else is refused.
 */
export const training =
  (group: keyof typeof sideGroups) =>
  async (options: Options): Promise<{ results: TrainingResults; failed: boolean }> => {
    const chosen = options.models?.map(workloadNamed) ?? workloads;
    const candidates = chosenSides(sideGroups[group], options).map((id) => new Side(id, options));
    const folder = mkdtempSync(join(tmpdir(), 'evenkeel-bench-'));
    const models: Record<string, Record<string, Outcome>> = {};
    try {
      const described = await introduce(candidates);
      const sides = candidates.filter(({ id }) => described[id]);
      for (const workload of chosen) {
        const outcomes = await measure(workload, sides, folder, options);
        models[workload.name] = outcomes;
        process.stdout.write(`\n${workload.title}\n${describeOutcomes(outcomes, described)}\n`);
      }
      process.stdout.write(`\n${describeMeans(models, described)}`);
      const failed = Object.values(models).some((outcomes) =>
        Object.values(outcomes).some((outcome) => 'refused' in outcome),
      );
      return { results: { peers: described, models }, failed };
    } finally {
      await Promise.all(candidates.map((side) => side.close()));
      rmSync(folder, { recursive: true });
    }
  };

/** Names and versions of the sides that start; ours, which comes first, must. */
async function introduce(sides: readonly Side[]): Promise<Record<string, Described>> {
  const described: Record<string, Described> = {};
  for (const side of sides) {
    try {
      described[side.id] = await (await side.peer()).describe();
    } catch (error) {
      if (side === sides[0]) throw error;
      process.stdout.write(`without ${side.id}: ${(error as Error).message.split('\n')[0]}\n`);
    }
  }
  return described;
}

/** A side of the comparison whose process is started anew when it has ended. */
class Side {
  readonly id: string;
  readonly #options: Options;
  #peer: Peer | undefined;

  constructor(id: string, options: Options) {
    this.id = id;
    this.#options = options;
  }

  async peer(): Promise<Peer> {
    if (!this.#peer || this.#peer.ended) {
      this.#peer = new Peer(peerCommand(this.id, this.#options));
      await this.#peer.describe();
    }
    return this.#peer;
  }

  async close(): Promise<void> {
    await this.#peer?.close();
  }
}

async function measure(
  workload: Workload,
  sides: readonly Side[],
  folder: string,
  { quick }: Options,
): Promise<Record<string, Outcome>> {
  const manifest = await writeStart(workload, folder);
  const outcomes: Record<string, Outcome> = {};
  const fit: Runner[] = [];
  let reference: Start | undefined;
  for (const side of sides) {
    try {
      const peer = await side.peer();
      const start = await begin(peer, workload, folder);
      reference ??= start;
      const refused = differenceBetween(manifest, reference, start);
      if (refused) outcomes[side.id] = { refused };
      else
        fit.push({
          peer,
          warmUp: stepsWithin(warmUpMilliseconds, start, 200),
          steps: stepsWithin(blockMilliseconds, start, quick ? 3 : 8),
          milliseconds: [],
          cpu: 0,
        });
    } catch (error) {
      // Without our own figures there is nothing to compare with.
      if (!reference) throw error;
      outcomes[side.id] = { unable: (error as Error).message.split('\n')[0]! };
    }
  }
  for (const { peer, warmUp } of fit) await peer.run(warmUp);
  for (let block = 0; block < (quick ? 2 : 5); block++) {
    for (const runner of fit) {
      await pause(300);
      const ran = await runner.peer.run(runner.steps);
      runner.milliseconds.push(...ran.milliseconds);
      runner.cpu += ran.cpuMilliseconds;
    }
  }
  for (const { peer, milliseconds, cpu } of fit) {
    outcomes[peer.id] = {
      timing: {
        medianMilliseconds: median(milliseconds),
        minimumMilliseconds: Math.min(...milliseconds),
        cpuMilliseconds: cpu / milliseconds.length,
      },
    };
  }
  return outcomes;
}

/** A side that computes the same, and its times so far. */
interface Runner {
  readonly peer: Peer;
  /** Steps before the measurement, in which compilers of all kinds do their work. */
  readonly warmUp: number;
  /** Steps in a block. */
  readonly steps: number;
  readonly milliseconds: number[];
  cpu: number;
}

/** At most so many steps as a side that starts like this takes in a time, and at least one. */
const stepsWithin = (limit: number, { milliseconds }: Start, most: number): number =>
  Math.max(1, Math.min(most, Math.floor(limit / milliseconds)));

interface Start {
  readonly loss: number;
  readonly gradients: Float32Array;
  readonly lossAfterWarmUp: number;
  /** Of the last step of the warm-up. */
  readonly milliseconds: number;
}

async function begin(peer: Peer, workload: Workload, folder: string): Promise<Start> {
  const file = join(folder, `${peer.id}.gradients`);
  await peer.prepare(workload.name, folder);
  const { loss } = await peer.differentiate(file);
  const bytes = new Uint8Array(readFileSync(file));
  rmSync(file);
  const { loss: lossAfterWarmUp, milliseconds } = await peer.run(3);
  return {
    loss,
    gradients: new Float32Array(bytes.buffer),
    lossAfterWarmUp,
    milliseconds: milliseconds.at(-1)!,
  };
}

/** What is not the same within the tolerance; undefined when everything is. */
function differenceBetween(manifest: Manifest, expected: Start, actual: Start): string | undefined {
  const away = (a: number, b: number) => Math.abs(a - b) / Math.abs(a);
  if (!(away(expected.loss, actual.loss) <= tolerance))
    return `another loss: ${actual.loss} instead of ${expected.loss}`;
  if (expected.gradients.length !== actual.gradients.length)
    return `another model: ${actual.gradients.length} gradients instead of ${expected.gradients.length}`;
  const { relative, path } = gradientDifference(manifest, expected.gradients, actual.gradients);
  if (!(relative <= tolerance)) return `another gradient: ${path} differs by ${relative.toExponential(1)}`;
  return away(expected.lossAfterWarmUp, actual.lossAfterWarmUp) <= toleranceAfterWarmUp
    ? undefined
    : `another optimizer: the loss becomes ${actual.lossAfterWarmUp} instead of ${expected.lossAfterWarmUp}`;
}

function describeOutcomes(
  outcomes: Readonly<Record<string, Outcome>>,
  described: Readonly<Record<string, Described>>,
): string {
  const ours = (outcomes[Object.keys(described)[0]!] as { timing: Timing }).timing;
  const rows: string[][] = [['  ms a step', 'median', 'minimum', 'CPU', 'ours/theirs', 'minimum', 'CPU']];
  const without: string[] = [];
  for (const [id, { name, version }] of Object.entries(described)) {
    const outcome = outcomes[id]!;
    if ('refused' in outcome) without.push(`\n  ${name} is refused: ${outcome.refused}`);
    else if ('unable' in outcome) without.push(`\n  without ${name}: ${outcome.unable}`);
    else {
      const keys = ['medianMilliseconds', 'minimumMilliseconds', 'cpuMilliseconds'] as const;
      const times = keys.map((key) => shown(outcome.timing[key]));
      const ratios = keys.map((key) => shown(ours[key] / outcome.timing[key]));
      rows.push([`  ${name} (${version})`, ...times, ...ratios]);
    }
  }
  return formatTable(rows) + without.join('');
}

/** Geometric means over the models of our times in proportion to each other side's. */
function describeMeans(
  models: TrainingResults['models'],
  described: Readonly<Record<string, Described>>,
): string {
  const [first, ...others] = Object.keys(described);
  const lines = others.map((id) => {
    const pairs = Object.values(models).flatMap((sides) => {
      const [ours, theirs] = [sides[first!]!, sides[id]!];
      return 'timing' in ours && 'timing' in theirs ? [[ours.timing, theirs.timing] as const] : [];
    });
    const ratio = (key: keyof Timing) => shown(geometricMean(pairs.map(([a, b]) => a[key] / b[key])));
    return pairs.length === 0
      ? `${described[id]!.name}: nothing to compare\n`
      : `ours/${described[id]!.name} over ${pairs.length} models: ${ratio('medianMilliseconds')} (${ratio('minimumMilliseconds')}), CPU ${ratio('cpuMilliseconds')}\n`;
  });
  return lines.join('');
}
