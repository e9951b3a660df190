import { defaultName, defaultRuntime, startRuntime, whyMissing } from '#runtime';
import { RuntimeError } from '../graph/errors.js';
import { type Runtime, type RuntimeName, type RuntimeOptions, runtimeNames } from './runtime.js';

let current: Promise<Runtime> | undefined;

/** Runtimes by what was asked for: one that is asked for again keeps what it has loaded. */
const started = new Map<string, Promise<Runtime>>();

const keyOf = (name: RuntimeName, threads?: number): string => `${name} ${threads}`;

function remember(key: string, runtime: Promise<Runtime>): Promise<Runtime> {
  started.set(key, runtime);
  runtime.catch(() => started.delete(key));
  return runtime;
}

/** Where programs run now. */
export function currentRuntime(): Promise<Runtime> {
  current ??= remember(keyOf(defaultName), defaultRuntime());
  return current;
}

/** Whether a runtime can be had here. */
export interface RuntimeAvailability {
  readonly name: RuntimeName;
  /** Why it is missing, such as `webgpu: no adapter: …`; undefined when it is there. */
  readonly missing: string | undefined;
}

/** All runtimes there are, with the reason for each that cannot be had on this machine. */
export const availableRuntimes = (): Promise<RuntimeAvailability[]> =>
  Promise.all(runtimeNames.map(async (name) => ({ name, missing: await whyMissing(name) })));

/**
 * Makes everything from now on run in the given runtime. Unless this is called, that is `cpu` in Node and `wasm` in
 * browsers. Tensors that were computed elsewhere are brought over when they are used; compiled functions are traced again.
 * @throws RangeError for a name or a number of threads that makes no sense; RuntimeError with the reason when the runtime
 *   cannot be had here
 */
export async function useRuntime(name: RuntimeName, options: RuntimeOptions = {}): Promise<void> {
  if (!runtimeNames.includes(name))
    throw new RangeError(`useRuntime: expected one of ${runtimeNames.join(', ')}, got ${name}`);
  const { threads } = options;
  if (threads !== undefined && !(Number.isInteger(threads) && threads > 0))
    throw new RangeError(`useRuntime: threads must be a positive integer, got ${threads}`);
  const key = keyOf(name, threads);
  const known = await started.get(key);
  const runtime =
    known && !known.ended ? started.get(key)! : remember(key, startWhereAvailable(name, options));
  await runtime;
  current = runtime;
}

async function startWhereAvailable(name: RuntimeName, options: RuntimeOptions): Promise<Runtime> {
  const missing = await whyMissing(name);
  if (missing !== undefined) throw new RuntimeError(missing);
  return startRuntime(name, options);
}
