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
  const programs: Record<string, () => Promise<unknown>> = {
    'training step of the language model': measurable(() => workload.step, state, batch),
    '1,000 nodes': measurable(() => chain(1000), vector),
    '5,000 nodes': measurable(() => chain(5000), vector),
  };
  const results: Record<string, CompileTime> = {};
  for (const [name, start] of Object.entries(programs)) {
    const times: CompileTime[] = [];
    for (let i = 0; i < (options.quick ? 2 : 5); i++) {
      loads.splice(0);
      const begin = performance.now();
      const again = await start();
      const first = performance.now() - begin;
      const second = performance.now();
      await (again as () => Promise<unknown>)();
      times.push({
        total: first - (performance.now() - second),
        loading: loads.reduce((sum, { milliseconds }) => sum + milliseconds, 0),
        modelBytes: loads.reduce((sum, { bytes }) => sum + bytes, 0),
      });
    }
    results[name] = times.reduce((best, time) => (time.total < best.total ? time : best));
  }
  process.stdout.write(`\n${describe(results)}\n`);
  const failed = results['training step of the language model']!.total > goal;
  if (failed) process.stdout.write(`the training step takes more than ${goal} ms to compile\n`);
  return { results, failed };
}

/** A first call of a newly compiled function; it gives the second one. */
const measurable =
  <Arguments extends readonly unknown[]>(
    make: () => (...args: Arguments) => unknown,
    ...args: Arguments
  ): (() => Promise<() => Promise<unknown>>) =>
  async () => {
    const compiled = compile((...given: Arguments) => make()(...given));
    await compiled(...args);
    return async () => {
      await compiled(...args);
      await compiled.release();
    };
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
