import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gradientDifference, type Manifest, writeStart } from '../exchange.js';
import { workloadNamed, workloads } from '../models/index.js';
import type { Options } from '../options.js';
import { Peer } from '../peer.js';
import { chosenPeers, peerCommand } from '../peerCommands.js';
import type { Described } from '../peers/protocol.js';
import { geometricMean, median, pause } from '../statistics.js';
import { formatTable, shown } from '../table.js';
import type { Workload } from '../workload.js';

/** Largest relative difference between losses and gradients of the same computation on two sides. */
const tolerance = 1e-4;
/** The same for the loss after the steps before the measurement, in which differences grow. */
const toleranceAfterWarmUp = 1e-2;

export interface Timing {
  readonly medianMilliseconds: number;
  readonly minimumMilliseconds: number;
  /** Of all threads, user and system, for a step. */
  readonly cpuMilliseconds: number;
}

/** What a side did with a workload: its times, or why it has none. */
export type Outcome = { readonly timing: Timing } | { readonly refused: string };

export interface TrainingResults {
  readonly peers: Readonly<Record<string, Described>>;
  readonly models: Readonly<Record<string, Readonly<Record<string, Outcome>>>>;
}

/** Whole training steps on every side, in alternating blocks; a side that computes something else is refused. */
export async function training(options: Options): Promise<{ results: TrainingResults; failed: boolean }> {
  const chosen = options.models?.map(workloadNamed) ?? workloads;
  const peers = chosenPeers(options).map((id) => new Peer(peerCommand(id, options)));
  const folder = mkdtempSync(join(tmpdir(), 'evenkeel-bench-'));
  try {
    const described: Record<string, Described> = {};
    for (const peer of peers) described[peer.id] = await peer.describe();
    const models: Record<string, Record<string, Outcome>> = {};
    for (const workload of chosen) {
      models[workload.name] = await measure(workload, peers, folder, options);
      process.stdout.write(`\n${workload.title}\n${describeOutcomes(models[workload.name]!, described)}\n`);
    }
    process.stdout.write(`\n${describeMeans(models, described)}`);
    const failed = Object.values(models).some((sides) =>
      Object.values(sides).some((outcome) => 'refused' in outcome),
    );
    return { results: { peers: described, models }, failed };
  } finally {
    await Promise.all(peers.map((peer) => peer.close()));
    rmSync(folder, { recursive: true });
  }
}

async function measure(
  workload: Workload,
  peers: readonly Peer[],
  folder: string,
  { quick }: Options,
): Promise<Record<string, Outcome>> {
  const [blocks, steps] = quick ? [2, 3] : [5, 8];
  const manifest = await writeStart(workload, folder);
  const outcomes: Record<string, Outcome> = {};
  const fit: Peer[] = [];
  let reference: Start | undefined;
  for (const peer of peers) {
    try {
      const start = await begin(peer, workload, folder, steps);
      reference ??= start;
      requireSame(manifest, reference, start);
      fit.push(peer);
    } catch (error) {
      // Without our own figures there is nothing to compare with.
      if (!reference) throw error;
      outcomes[peer.id] = { refused: (error as Error).message };
    }
  }
  const milliseconds = new Map(fit.map((peer) => [peer, [] as number[]]));
  const cpu = new Map(fit.map((peer) => [peer, 0]));
  for (let block = 0; block < blocks; block++) {
    for (const peer of fit) {
      await pause(300);
      const ran = await peer.run(steps);
      milliseconds.get(peer)!.push(...ran.milliseconds);
      cpu.set(peer, cpu.get(peer)! + ran.cpuMilliseconds);
    }
  }
  for (const peer of fit) {
    const times = milliseconds.get(peer)!;
    outcomes[peer.id] = {
      timing: {
        medianMilliseconds: median(times),
        minimumMilliseconds: Math.min(...times),
        cpuMilliseconds: cpu.get(peer)! / times.length,
      },
    };
  }
  return outcomes;
}

interface Start {
  readonly loss: number;
  readonly gradients: Float32Array;
  readonly lossAfterWarmUp: number;
}

async function begin(peer: Peer, workload: Workload, folder: string, steps: number): Promise<Start> {
  const file = join(folder, `${peer.id}.gradients`);
  await peer.prepare(workload.name, folder);
  const { loss } = await peer.differentiate(file);
  const bytes = new Uint8Array(readFileSync(file));
  rmSync(file);
  const { loss: lossAfterWarmUp } = await peer.run(steps);
  return { loss, gradients: new Float32Array(bytes.buffer), lossAfterWarmUp };
}

/** @throws Error unless losses and gradients are the same within the tolerance */
function requireSame(manifest: Manifest, expected: Start, actual: Start): void {
  const away = (a: number, b: number) => Math.abs(a - b) / Math.abs(a);
  if (!(away(expected.loss, actual.loss) <= tolerance))
    throw new Error(`another loss: ${actual.loss} instead of ${expected.loss}`);
  if (expected.gradients.length !== actual.gradients.length)
    throw new Error(
      `another model: ${actual.gradients.length} gradients instead of ${expected.gradients.length}`,
    );
  const { relative, path } = gradientDifference(manifest, expected.gradients, actual.gradients);
  if (!(relative <= tolerance))
    throw new Error(`another gradient: ${path} differs by ${relative.toExponential(1)}`);
  if (!(away(expected.lossAfterWarmUp, actual.lossAfterWarmUp) <= toleranceAfterWarmUp))
    throw new Error(
      `another optimizer: the loss becomes ${actual.lossAfterWarmUp} instead of ${expected.lossAfterWarmUp}`,
    );
}

function describeOutcomes(
  outcomes: Readonly<Record<string, Outcome>>,
  described: Readonly<Record<string, Described>>,
): string {
  const ours = (outcomes.evenkeel as { timing: Timing }).timing;
  const rows: string[][] = [['  ms a step', 'median', 'minimum', 'CPU', 'ours/theirs', 'minimum', 'CPU']];
  const refusals: string[] = [];
  for (const [id, { name, version }] of Object.entries(described)) {
    const outcome = outcomes[id]!;
    if ('refused' in outcome) refusals.push(`\n  ${name} is refused: ${outcome.refused}`);
    else {
      const keys = ['medianMilliseconds', 'minimumMilliseconds', 'cpuMilliseconds'] as const;
      const times = keys.map((key) => shown(outcome.timing[key]));
      const ratios = keys.map((key) => shown(ours[key] / outcome.timing[key]));
      rows.push([`  ${name} (${version})`, ...times, ...ratios]);
    }
  }
  return formatTable(rows) + refusals.join('');
}

/** Geometric means over the models of our times in proportion to each other side's. */
function describeMeans(
  models: TrainingResults['models'],
  described: Readonly<Record<string, Described>>,
): string {
  const lines = Object.entries(described)
    .filter(([id]) => id !== 'evenkeel')
    .map(([id, { name }]) => {
      const pairs = Object.values(models).flatMap((sides) => {
        const [ours, theirs] = [sides.evenkeel!, sides[id]!];
        return 'timing' in ours && 'timing' in theirs ? [[ours.timing, theirs.timing] as const] : [];
      });
      const ratio = (key: keyof Timing) => shown(geometricMean(pairs.map(([a, b]) => a[key] / b[key])));
      return pairs.length === 0
        ? `${name}: nothing to compare\n`
        : `ours/${name} over ${pairs.length} models: ${ratio('medianMilliseconds')} (${ratio('minimumMilliseconds')}), CPU ${ratio('cpuMilliseconds')}\n`;
    });
  return lines.join('');
}
