import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { compile, evaluate, type Tensor } from '@evenkeel/tensor';
import ort, { type InferenceSession } from 'onnxruntime-node';
import type { FormTimes } from '../peers/protocol.js';
import { interceptSessions } from '../sessions.js';
import { Graph } from './graph.js';
import type { Row } from './row.js';

/** Largest difference between the results of two forms, relative to the largest element. */
const tolerance = 1e-3;
/** What a round of calls takes at least, in milliseconds: the clock of processor time is coarse. */
const roundMilliseconds = 20;

/**
 * Makes the engine's form of a row ready and all others, which must compute the same. Each call of the result plays so
 * many rounds more, and gives the minimum of each form over all rounds so far.
 * @throws Error for a form that cannot be loaded or computes something else
 */
export async function contest(row: Row): Promise<(rounds: number) => Promise<FormTimes>> {
  const loads = watchSessions();
  const inputs = await evaluate(row.inputs());
  const result = await compile((given: readonly Tensor[]) => row.ours(...given))(inputs);
  // The last one: before it the engine may load others, to look at the machine.
  const { session, options } = loads.at(-1)!;
  const outputs = (Array.isArray(result) ? result : [result]) as readonly Tensor[];
  const ours = call(session, inputs);
  const expected = Object.values(await ours());
  const calls: [name: string, call: Call][] = [];
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
    const other = call(await create(row, name, bytes, options), inputs);
    if (!row.reference?.includes(name)) requireSame(row, name, expected, Object.values(await other()));
    calls.push([name, other]);
  }
  const players: Player[] = [];
  for (const each of [ours, ...calls.map(([, other]) => other)]) players.push(await playerOf(each));
  const order = [...players];
  return async (rounds) => {
    for (let round = 0; round < rounds; round++) {
      for (const player of order) await player.play();
      // So that no form is always the one that comes after a certain other.
      order.push(order.shift()!);
    }
    const [own, ...others] = players.map(({ least }) => least);
    return { ours: own!, forms: Object.fromEntries(calls.map(([name], i) => [name, others[i]!])) };
  };
}

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

interface Player {
  /** Processor time of a call in milliseconds, the minimum over the rounds played. */
  least: number;
  play(): Promise<void>;
}

/** Plays calls for as long as a round takes, after one that does not count: it finds the caches cold. */
async function playerOf(each: Call): Promise<Player> {
  const time = async (repeats: number): Promise<number> => {
    await each();
    collectGarbage();
    const before = process.cpuUsage();
    for (let i = 0; i < repeats; i++) await each();
    const { user, system } = process.cpuUsage(before);
    return (user + system) / 1000 / repeats;
  };
  const repeats = Math.max(1, Math.ceil(roundMilliseconds / Math.max(0.01, await time(3))));
  const player: Player = {
    least: Number.POSITIVE_INFINITY,
    async play() {
      player.least = Math.min(player.least, await time(repeats));
    },
  };
  return player;
}

/** Results are freed by JavaScript's garbage collector, which otherwise runs when it likes. */
const collectGarbage = ((): (() => void) => {
  setFlagsFromString('--expose-gc');
  return runInNewContext('gc') as () => void;
})();

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
