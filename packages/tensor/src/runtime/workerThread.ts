import { parentPort } from 'node:worker_threads';
import type { Value } from '../graph/tensor.js';
import { cpuRuntime } from './cpu.js';
import type { Answer, Question, Request } from './messages.js';
import { type Executable, queue, type Runtime } from './runtime.js';

// The thread of the worker runtime: computes on the processor, and keeps what it computed until it is told to free it.

const port = parentPort!;
const programs = new Map<number, Executable>();
const kept = new Map<number, Value>();
let runtime: Runtime;

async function answerTo(request: Request): Promise<Runtime['target'] | Value | undefined> {
  switch (request.type) {
    case 'start':
      runtime = await cpuRuntime(request.options);
      return runtime.target;
    case 'load':
      programs.set(request.program, await runtime.load(request.model));
      return undefined;
    case 'run': {
      const inputs = request.inputs.map((input) => (typeof input === 'number' ? kept.get(input)! : input));
      const outputs = await programs.get(request.program)!.run(inputs);
      outputs.forEach((output, i) => {
        kept.set(request.outputs[i]!, output as Value);
      });
      return undefined;
    }
    case 'keep':
      kept.set(request.elements, request.value);
      return undefined;
    case 'read': {
      const value = kept.get(request.elements)!;
      return { ...value, data: value.data.slice() };
    }
    case 'free':
      for (const elements of request.elements) kept.delete(elements);
      return undefined;
    case 'release':
      await programs.get(request.program)!.release();
      programs.delete(request.program);
      return undefined;
  }
}

async function answer({ id, request }: Question): Promise<void> {
  try {
    const given = await answerTo(request);
    const copies = given && 'data' in given ? [given.data.buffer as ArrayBuffer] : [];
    port.postMessage({ id, given } satisfies Answer, copies);
  } catch (error) {
    port.postMessage({ id, error: (error as Error).message } satisfies Answer);
  }
}

const oneAtATime = queue();
port.on('message', (question: Question) => void oneAtATime(() => answer(question)));
