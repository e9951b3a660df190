import { compile, evaluate, normal, randomKey, type Tensor, tanh } from '@evenkeel/tensor';
import { workloadNamed } from '../models/index.js';
import type { Options } from '../options.js';
import { interceptSessions } from '../sessions.js';
import { formatTable, shown } from '../table.js';

export interface CompileTime {
  /** From the first call to its result, in milliseconds, less what a second call takes. */
  readonly total: number;
  /** Of it in ONNX Runtime, while it loads the model. */
  readonly loading: number;
  readonly modelBytes: number;
}

/** What compiling a training step may take, in milliseconds. */
const goal = 1000;

/** How long the first call of a compiled function takes: tracing, differentiating, writing ONNX and loading it. */
export async function compileTimes(
  options: Options,
): Promise<{ results: Record<string, CompileTime>; failed: boolean }> {
  process.env.EVENKEEL_THREADS = String(options.threads);
  const loads = watchLoads();
  const workload = workloadNamed('transformer');
  const { model, batch } = await evaluate(workload.start());
  const state = await evaluate(workload.initialState(model));
  const vector = await evaluate(normal(randomKey(0), [16]));
  const programs: Record<string, () => Program> = {
    'training step of the language model': program(workload.step, state, batch),
    '1,000 nodes': program(chain(1000), vector),
    '5,000 nodes': program(chain(5000), vector),
  };
  const results: Record<string, CompileTime> = {};
  for (const [name, make] of Object.entries(programs)) {
    const times: CallTimes[] = [];
    for (let i = 0; i < (options.quick ? 2 : 5); i++) times.push(await twice(make, loads));
    const least = (key: keyof CallTimes) => Math.min(...times.map((each) => each[key]));
    results[name] = {
      total: least('first') - least('second'),
      loading: least('loading'),
      modelBytes: least('modelBytes'),
    };
  }
  process.stdout.write(`\n${describe(results)}\n`);
  const failed = results['training step of the language model']!.total > goal;
  if (failed) process.stdout.write(`the training step takes more than ${goal} ms to compile\n`);
  return { results, failed };
}

/** In milliseconds. */
interface CallTimes {
  readonly first: number;
  readonly second: number;
  /** Of the first. */
  readonly loading: number;
  readonly modelBytes: number;
}

async function twice(make: () => Program, loads: Load[]): Promise<CallTimes> {
  loads.splice(0);
  const program = make();
  const began = performance.now();
  await program.call();
  const between = performance.now();
  await program.call();
  const ended = performance.now();
  await program.release();
  return {
    first: between - began,
    second: ended - between,
    loading: loads.reduce((sum, { milliseconds }) => sum + milliseconds, 0),
    modelBytes: loads.reduce((sum, { bytes }) => sum + bytes, 0),
  };
}

interface Program {
  call(): Promise<unknown>;
  release(): Promise<void>;
}

/** A function that is compiled anew each time. */
const program =
  <Arguments extends readonly unknown[]>(fn: (...args: Arguments) => unknown, ...args: Arguments) =>
  (): Program => {
    const compiled = compile(fn);
    return { call: () => compiled(...args), release: () => compiled.release() };
  };

/** So many operations one after the other, of which no two are equal. */
const chain = (length: number) => (x: Tensor) => {
  let y = x;
  for (let i = 0; i < length; i++) y = i % 2 === 0 ? y.mul(1 + 1 / (i + 2)) : tanh(y);
  return y;
};

interface Load {
  readonly milliseconds: number;
  readonly bytes: number;
}

/** A list that every load of a model is added to. */
function watchLoads(): Load[] {
  const loads: Load[] = [];
  interceptSessions(
    (options) => options,
    (_, model, milliseconds) => loads.push({ milliseconds, bytes: model.byteLength }),
  );
  return loads;
}

const describe = (results: Readonly<Record<string, CompileTime>>): string =>
  formatTable([
    ['  ms to compile', 'total', 'loading', 'model kB'],
    ...Object.entries(results).map(([name, { total, loading, modelBytes }]) => [
      `  ${name}`,
      shown(total),
      shown(loading),
      shown(modelBytes / 1000),
    ]),
  ]);
