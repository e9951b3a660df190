import { compile, evaluate, type Tensor } from '@evenkeel/tensor';
import ort, { type InferenceSession } from 'onnxruntime-node';
import { Graph } from '../operators/graph.js';
import { rows } from '../operators/index.js';
import type { Row } from '../operators/row.js';
import type { Options } from '../options.js';
import { Peer } from '../peer.js';
import { operatorPeer } from '../peerCommands.js';
import { interceptSessions } from '../sessions.js';
import { formatTable, shown } from '../table.js';

/** How much slower than the best form the engine's may be. */
const allowance = 1.15;
/** Largest difference between the results of two forms, relative to the largest element. */
const tolerance = 1e-3;
/** What a round of calls takes at least, in milliseconds: the clock of processor time is coarse. */
const roundMilliseconds = 20;

/** Processor time of a call in milliseconds, the minimum over the rounds. */
export interface OperatorTimes {
  readonly ours: number;
  readonly forms: Readonly<Record<string, number>>;
  readonly torch?: number;
}

/** The engine's form of each operation against other ways to write it in ONNX, and against PyTorch, on one thread. */
export async function operators(
  given: Options,
): Promise<{ results: Record<string, OperatorTimes>; failed: boolean }> {
  const chosen = rows.filter(({ name }) => name.includes(given.only ?? ''));
  if (chosen.length === 0) throw new RangeError(`operators: no operation has ${given.only} in its name`);
  const options = { ...given, threads: 1 };
  process.env.EVENKEEL_THREADS = '1';
  const command = operatorPeer(options);
  const torch = command && new Peer(command);
  const results: Record<string, OperatorTimes> = {};
  const slow: string[] = [];
  try {
    const loads = watchSessions();
    for (const row of chosen) {
      const times = await measure(row, loads, torch, options.quick ? 3 : 9);
      results[row.name] = times;
      if (isSlow(row, times)) slow.push(row.name);
      process.stdout.write(`\n${describe(row, times)}\n`);
    }
  } finally {
    await torch?.close();
  }
  process.stdout.write(`\n${summary(slow, chosen.length)}\n`);
  return { results, failed: slow.length > 0 };
}

function isSlow({ reference }: Row, { ours, forms }: OperatorTimes): boolean {
  const rivals = Object.entries(forms).filter(([form]) => !reference?.includes(form));
  return ours > allowance * Math.min(...rivals.map(([, time]) => time));
}

const summary = (slow: readonly string[], count: number): string =>
  slow.length === 0
    ? 'the engine chooses the best form, or one as fast, everywhere'
    : `${slow.length} of ${count} operations have a form that is more than 15 % faster:\n  ${slow.join('\n  ')}`;

interface Load {
  readonly session: InferenceSession;
  readonly options: InferenceSession.SessionOptions;
}

/** A list that every session which the engine makes is added to. */
function watchSessions(): Load[] {
  const loads: Load[] = [];
  let options: InferenceSession.SessionOptions = {};
  interceptSessions(
    (given) => {
      options = given;
      return given;
    },
    (session) => loads.push({ session, options }),
  );
  return loads;
}

type Call = () => Promise<InferenceSession.OnnxValueMapType>;

async function measure(
  row: Row,
  loads: Load[],
  torch: Peer | undefined,
  rounds: number,
): Promise<OperatorTimes> {
  const inputs = await evaluate(row.inputs());
  const compiled = compile((given: readonly Tensor[]) => row.ours(...given));
  const first = loads.length;
  const result = await compiled(inputs);
  const { session, options } = loads[first]!;
  const outputs = (Array.isArray(result) ? result : [result]) as readonly Tensor[];
  const ours = call(session, inputs);
  const expected = Object.values(await ours());
  const calls = new Map<string, Call>();
  const sessions: InferenceSession[] = [];
  for (const [name, form] of Object.entries(row.forms)) {
    const graph = new Graph();
    const names = inputs.map((_, i) => `input${i}`);
    const made = form(graph, ...names);
    const bytes = graph.encode(
      inputs.map(({ dtype, shape }, i) => ({ name: names[i]!, dtype, shape })),
      typeof made === 'string' ? [made] : made,
      outputs,
      row.opset ?? 21,
    );
    const alternative = await create(row, name, bytes, options);
    sessions.push(alternative);
    const alternativeCall = call(alternative, inputs);
    if (!row.reference?.includes(name))
      requireSame(row, name, expected, Object.values(await alternativeCall()));
    calls.set(name, alternativeCall);
  }
  await torch?.operator(row.name);
  const sides = new Map<string, (repeats: number) => Promise<number>>([
    ['ours', inProcess(ours)],
    ...[...calls].map(([name, each]) => [name, inProcess(each)] as const),
    ...(torch
      ? [['torch', async (repeats: number) => (await torch.measure(repeats)).cpuMilliseconds] as const]
      : []),
  ]);
  const least = await contest(sides);
  const times = async (): Promise<OperatorTimes> => {
    const { ours: own, torch: theirs, ...forms } = Object.fromEntries(await least(rounds));
    return { ours: own!, forms, ...(theirs !== undefined && { torch: theirs }) };
  };
  let found = await times();
  // On a busy machine the others may have had the quieter moments: before it counts, it is measured again.
  for (let again = 0; again < 2 && isSlow(row, found); again++) found = await times();
  for (const each of sessions) await each.release();
  await compiled.release();
  return found;
}

async function create(
  row: Row,
  form: string,
  bytes: Uint8Array,
  options: InferenceSession.SessionOptions,
): Promise<InferenceSession> {
  try {
    return await ort.InferenceSession.create(bytes, options);
  } catch (error) {
    throw new Error(`operators: ${row.name}, ${form}: ${(error as Error).message}`);
  }
}

function call(session: InferenceSession, inputs: readonly Tensor[]): Call {
  const feeds = Object.fromEntries(
    session.inputNames.map((name, i) => {
      const { data, dtype, shape } = inputs[i]!.value!;
      return [name, new ort.Tensor(dtype as 'float32', data as Float32Array, shape)];
    }),
  );
  return () => session.run(feeds);
}

const inProcess = (each: Call) => async (repeats: number) => {
  const before = process.cpuUsage();
  for (let i = 0; i < repeats; i++) await each();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000 / repeats;
};

/**
 * Lets sides take turns: each call of the result plays so many rounds more and gives the minimum of each side over all
 * rounds so far. The order moves on from round to round, and a call that does not count goes before those that do, so
 * that no side is always the one that finds the caches cold.
 */
async function contest(
  sides: ReadonlyMap<string, (repeats: number) => Promise<number>>,
): Promise<(rounds: number) => Promise<ReadonlyMap<string, number>>> {
  const players: { name: string; side: (repeats: number) => Promise<number>; repeats: number }[] = [];
  for (const [name, side] of sides) {
    await side(2);
    const repeats = Math.max(1, Math.ceil(roundMilliseconds / Math.max(0.01, await side(3))));
    players.push({ name, side, repeats });
  }
  const times = new Map(players.map(({ name }) => [name, Number.POSITIVE_INFINITY]));
  return async (rounds) => {
    for (let round = 0; round < rounds; round++) {
      for (const { name, side, repeats } of players) {
        await side(1);
        times.set(name, Math.min(times.get(name)!, await side(repeats)));
      }
      players.push(players.shift()!);
    }
    return times;
  };
}

/** @throws Error unless a form computes what the engine's does */
function requireSame(
  row: Row,
  form: string,
  expected: readonly InferenceSession.OnnxValueMapType[string][],
  actual: readonly InferenceSession.OnnxValueMapType[string][],
): void {
  expected.slice(0, row.compared).forEach((value, i) => {
    const [ours, theirs] = [value.data as Float32Array, actual[i]!.data as Float32Array];
    const scale = ours.reduce((max, each) => Math.max(max, Math.abs(each)), 0);
    const difference = ours.reduce((max, each, j) => Math.max(max, Math.abs(each - theirs[j]!)), 0);
    if (!(ours.length === theirs.length && difference <= tolerance * scale)) {
      throw new Error(
        `operators: ${row.name}: output ${i} of ${form} is not the engine's: they differ by ${difference} of ${scale}`,
      );
    }
  });
}

function describe({ name, reference }: Row, { ours, forms, torch }: OperatorTimes): string {
  const lines: (readonly [string, number])[] = [['  ours', ours]];
  for (const [form, time] of Object.entries(forms))
    lines.push([`  ${form}${reference?.includes(form) ? ' (cannot be repeated)' : ''}`, time]);
  if (torch !== undefined) lines.push(['  PyTorch', torch]);
  return formatTable([
    [name, 'CPU ms', 'ours/it'],
    ...lines.map(([label, time]) => [label, time.toPrecision(3), shown(ours / time)]),
  ]);
}
