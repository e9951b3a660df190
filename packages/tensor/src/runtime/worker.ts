import { createRequire } from 'node:module';
import { Worker } from 'node:worker_threads';
import type { Target } from '../graph/primitive.js';
import type { Value } from '../graph/tensor.js';
import { type Device, Resident, withInputs } from './resident.js';
import type { Runtime, RuntimeOptions } from './runtime.js';
import { connect, type Thread } from './thread.js';

// Without this process's own options: some of them are refused in threads.
const startThread = (): Worker =>
  new Worker(createRequire(import.meta.url).resolve('#workerThread'), { execArgv: [] });

/**
 * The processor, from a thread of its own, so that this one stays free. What is computed stays there until it is read.
 * The thread does not keep the process alive while it has nothing to do.
 */
export async function workerRuntime(options: RuntimeOptions, worker = startThread()): Promise<Runtime> {
  const thread = connect(worker);
  const target = (await thread.ask({ type: 'start', options })) as Target;
  const device: Device<number> = {
    download: async (elements) => ((await thread.ask({ type: 'read', elements })) as Value).data,
    free: (elements) => thread.free(elements),
  };
  let numbers = 0;
  const send = copiesTo(thread, device, () => numbers++);
  return {
    name: 'worker',
    target,
    get ended() {
      return thread.ended;
    },
    async load(model) {
      const program = numbers++;
      await thread.ask({ type: 'load', program, model });
      return {
        run: (inputs) =>
          withInputs(device, inputs, async (given) => {
            const outputs = model.outputs.map(() => numbers++);
            const values = given.map((input) => ('handle' in input ? input.handle : send(input.value)));
            await thread.ask({ type: 'run', program, inputs: values, outputs }, values.flatMap(buffersOf));
            return model.outputs.map((type, i) => new Resident(device, outputs[i]!, type));
          }),
        async release() {
          await thread.ask({ type: 'release', program });
        },
      };
    },
  };
}

/** Copies elements to the thread. What comes a second time, such as a whole data set, stays there while it exists here. */
function copiesTo(
  thread: Thread,
  device: Device<number>,
  nextNumber: () => number,
): (value: Value) => Value | number {
  const seen = new WeakSet<Value>();
  const kept = new WeakMap<Value, { readonly elements: number; readonly resident: Resident<number> }>();
  return (value) => {
    const before = kept.get(value);
    if (before) return before.elements;
    // What is sent is here no longer: hence a copy.
    const copy = { ...value, data: value.data.slice() };
    if (!seen.has(value)) {
      seen.add(value);
      return copy;
    }
    const elements = nextNumber();
    thread.tell({ type: 'keep', elements, value: copy }, buffersOf(copy));
    kept.set(value, { elements, resident: new Resident(device, elements, value) });
    return elements;
  };
}

const buffersOf = (input: Value | number): ArrayBuffer[] =>
  typeof input === 'number' ? [] : [input.data.buffer as ArrayBuffer];
