import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { compile, evaluate } from '@evenkeel/tensor';
import type { InferenceSession } from 'onnxruntime-node';
import { workloadNamed, workloads } from '../models/index.js';
import type { Options } from '../options.js';
import { interceptSessions } from '../sessions.js';
import { median } from '../statistics.js';
import { formatTable, shown } from '../table.js';
import type { Workload } from '../workload.js';

/** One row of a profile: times are of one step. */
export interface Share {
  readonly name: string;
  readonly milliseconds: number;
  /** Nodes that ran. */
  readonly count: number;
}

export interface Profile {
  /** Of a step, from call to result. */
  readonly stepMilliseconds: number;
  /** In our code around ONNX Runtime's run. */
  readonly hostMilliseconds: number;
  /** In ONNX Runtime, but in no operator. */
  readonly executorMilliseconds: number;
  /** By operation of ours and ONNX operator. */
  readonly operations: readonly Share[];
  /** By ONNX operator. */
  readonly operators: readonly Share[];
  /** By operation, operator and shapes. */
  readonly nodes: readonly Share[];
}

/** Where the milliseconds of our training steps go. Profiling itself adds some to each of a step's nodes. */
export async function profile(
  options: Options,
): Promise<{ results: Record<string, Profile>; failed: boolean }> {
  process.env.EVENKEEL_THREADS = String(options.threads);
  const folder = mkdtempSync(join(tmpdir(), 'evenkeel-profile-'));
  const sessions: InferenceSession[] = [];
  let profiling = false;
  interceptSessions(
    (given) =>
      profiling ? { ...given, enableProfiling: true, profileFilePrefix: join(folder, 'profile') } : given,
    (session) => {
      if (profiling) sessions.push(session);
    },
  );
  const results: Record<string, Profile> = {};
  try {
    for (const workload of options.models?.map(workloadNamed) ?? workloads) {
      const { model, batch } = await evaluate(workload.start());
      const state = await evaluate(workload.initialState(model));
      profiling = true;
      const measured = await profileSteps(workload, state, batch, options.quick ? 5 : 50);
      profiling = false;
      for (const session of sessions.splice(0)) session.endProfiling();
      results[workload.name] = summarize(readEvents(folder), measured);
      process.stdout.write(`\n${workload.title}\n${describe(results[workload.name]!)}`);
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
  return { results, failed: false };
}

/** Steps before those that count: the program is loaded, and JavaScript compiled. */
const warmUp = 20;

/** Wall times of the steps after the warm-up. */
async function profileSteps(
  workload: Workload,
  initial: unknown,
  batch: unknown,
  steps: number,
): Promise<readonly number[]> {
  const step = compile((state: unknown, data: unknown) => workload.step(state, data), {
    donate: [0],
  });
  let state = initial;
  for (let i = 0; i < warmUp; i++) ({ state } = await step(state, batch));
  const milliseconds: number[] = [];
  for (let i = 0; i < steps; i++) {
    const start = performance.now();
    ({ state } = await step(state, batch));
    milliseconds.push(performance.now() - start);
  }
  return milliseconds;
}

interface Event {
  readonly cat: string;
  readonly name: string;
  /** Microseconds. */
  readonly ts: number;
  readonly dur: number;
  readonly args: {
    readonly op_name: string;
    readonly node_index: string;
    readonly input_type_shape?: readonly Readonly<Record<string, readonly number[]>>[];
    readonly output_type_shape?: readonly Readonly<Record<string, readonly number[]>>[];
  };
}

function readEvents(folder: string): readonly Event[] {
  const files = readdirSync(folder);
  if (files.length !== 1)
    throw new Error(`profile: expected one file, as from one program a step, got ${files.length}`);
  const file = join(folder, files[0]!);
  const events = JSON.parse(readFileSync(file, 'utf8')) as Event[];
  rmSync(file);
  return events;
}

/** Medians over the steps, node by node, since a busy machine makes some of them late. */
function summarize(events: readonly Event[], stepTimes: readonly number[]): Profile {
  const runs = events.filter(({ name }) => name === 'model_run').sort((a, b) => a.ts - b.ts);
  const begin = runs[warmUp]!.ts;
  const executions = events.filter(
    ({ cat, name, ts }) => cat === 'Node' && name.endsWith('_kernel_time') && ts >= begin,
  );
  const typical = (of: readonly Event[]) => median(of.map(({ dur }) => dur)) / 1000;
  const nodes = [...grouped(executions, ({ args }) => String(args.node_index)).values()].map((group) => ({
    node: group[0]!,
    milliseconds: typical(group),
  }));
  const total = (of: typeof nodes) => of.reduce((sum, { milliseconds }) => sum + milliseconds, 0);
  const shares = (nameOf: (node: Event) => string): Share[] =>
    [...grouped(nodes, ({ node }) => nameOf(node))]
      .map(([name, group]) => ({ name, milliseconds: total(group), count: group.length }))
      .sort((a, b) => b.milliseconds - a.milliseconds);
  const [inStep, inRun] = [median(stepTimes), typical(runs.slice(warmUp))];
  return {
    stepMilliseconds: inStep,
    hostMilliseconds: inStep - inRun,
    executorMilliseconds: inRun - total(nodes),
    operations: shares((event) => `${operationOf(event)} (${event.args.op_name})`),
    operators: shares(({ args }) => args.op_name),
    nodes: shares((event) => `${operationOf(event)} (${event.args.op_name}) ${shapesOf(event)}`),
  };
}

function grouped<T>(values: readonly T[], keyOf: (value: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const value of values) {
    const group = groups.get(keyOf(value));
    if (group) group.push(value);
    else groups.set(keyOf(value), [value]);
  }
  return groups;
}

/** Nodes are named after the operation of ours that they belong to; those without are ONNX Runtime's own. */
const operationOf = ({ name }: Event): string =>
  /^(output)\d+_kernel_time$|^(\w+)\./.exec(name)?.slice(1).find(Boolean) ?? 'ONNX Runtime';

function shapesOf({ args }: Event): string {
  const shapes = (values: Event['args']['input_type_shape']) =>
    (values ?? []).map((value) => `[${Object.values(value)[0]!.join('×')}]`).join(' ');
  return `${shapes(args.input_type_shape)} → ${shapes(args.output_type_shape)}`;
}

function describe(of: Profile): string {
  const { stepMilliseconds, hostMilliseconds, executorMilliseconds } = of;
  const head = `  ${shown(stepMilliseconds)} ms a step: ${shown(hostMilliseconds)} around ONNX Runtime, ${shown(executorMilliseconds)} between its operators\n`;
  const table = (title: string, shares: readonly Share[], rows: number) =>
    `${formatTable([
      [`  ${title}`, 'ms', '%', 'nodes'],
      ...shares
        .slice(0, rows)
        .map(({ name, milliseconds, count }) => [
          `  ${name}`,
          milliseconds.toFixed(3),
          ((100 * milliseconds) / stepMilliseconds).toFixed(1),
          String(count),
        ]),
    ])}\n`;
  return [
    head,
    table('by operator', of.operators, 12),
    table('by operation', of.operations, 16),
    table('by shapes', of.nodes, 20),
  ].join('\n');
}
