import { createRequire } from 'node:module';
import { Worker } from 'node:worker_threads';
import type { Target } from '../graph/primitive.js';
import type { Value } from '../graph/tensor.js';
import { type Device, type Given, Resident, withInputs } from './resident.js';
import type { Runtime, RuntimeOptions } from './runtime.js';
import { connect } from './thread.js';

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
            const values = given.map(sent);
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

/** A copy, since what is sent is here no longer. */
const sent = (given: Given<number>): Value | number =>
  'handle' in given ? given.handle : { ...given.value, data: given.value.data.slice() };

const buffersOf = (input: Value | number): ArrayBuffer[] =>
  typeof input === 'number' ? [] : [input.data.buffer as ArrayBuffer];
