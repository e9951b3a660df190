import { writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { type Compiled, compile, evaluate, leavesOf, type Tensor } from '@evenkeel/tensor';
import { readStart } from '../exchange.js';
import { workloadNamed } from '../models/index.js';
import { interceptSessions } from '../sessions.js';
import type { Workload } from '../workload.js';
import { serve } from './serve.js';

// The engine as a peer like the others. EVENKEEL_BENCH_WAITING=passive keeps idle threads from spinning.

if (process.env.EVENKEEL_BENCH_WAITING === 'passive') {
  interceptSessions((options) => ({
    ...options,
    extra: { session: { intra_op: { allow_spinning: '0' } } },
  }));
}

interface Run {
  readonly workload: Workload;
  readonly step: Compiled<[unknown, unknown], ReturnType<Workload['step']>>;
  state: unknown;
  readonly batch: unknown;
}

let run: Run | undefined;

await serve({
  async describe() {
    const versionOf = (name: string) =>
      (createRequire(import.meta.url)(`${name}/package.json`) as { version: string }).version;
    return { name: 'Evenkeel', version: `ONNX Runtime ${versionOf('onnxruntime-node')}` };
  },

  async prepare(name, folder) {
    await run?.step.release();
    const workload = workloadNamed(name);
    const { model, batch } = readStart(workload, folder);
    const state = await evaluate(workload.initialState(model));
    const step = compile((at: unknown, data: unknown) => workload.step(at, data), { donate: [0] });
    run = { workload, step, state, batch };
  },

  async differentiate(file) {
    const { workload, state, batch } = prepared();
    const compiled = compile((at: unknown, data: unknown) => workload.gradients(at, data));
    const { loss, gradients } = await compiled(state, batch);
    writeFileSync(file, Buffer.concat(await Promise.all(leavesOf(gradients).map(bytesOf))));
    await compiled.release();
    return { loss: await loss.item() };
  },

  async step() {
    const current = prepared();
    const { state, loss } = await current.step(current.state, current.batch);
    current.state = state;
    return loss.item();
  },
});

function prepared(): Run {
  if (!run) throw new Error('nothing was prepared');
  return run;
}

async function bytesOf(tensor: Tensor): Promise<Uint8Array> {
  const data = await tensor.data();
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}
