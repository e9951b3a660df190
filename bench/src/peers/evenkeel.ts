import { type Compiled, compile, evaluate, leavesOf } from '@evenkeel/tensor';
import { workloadNamed } from '../models/index.js';
import { startFrom } from '../start.js';
import type { Workload } from '../workload.js';
import { type Server, takeSteps } from './server.js';

interface Run {
  readonly workload: Workload;
  readonly step: Compiled<[unknown, unknown], ReturnType<Workload['step']>>;
  state: unknown;
  readonly batch: unknown;
}

/** The engine as a side like the others. */
export function evenkeel(version: string): Server {
  let run: Run | undefined;
  const prepared = (): Run => {
    if (!run) throw new Error('nothing was prepared');
    return run;
  };
  return {
    describe: async () => ({ name: 'Evenkeel', version }),

    async prepare(manifest, bytes) {
      await run?.step.release();
      const workload = workloadNamed(manifest.workload);
      const { model, batch } = startFrom(workload, manifest, bytes);
      const state = await evaluate(workload.initialState(model));
      const step = compile((at: unknown, data: unknown) => workload.step(at, data), { donate: [0] });
      run = { workload, step, state, batch };
    },

    async differentiate() {
      const { workload, state, batch } = prepared();
      const compiled = compile((at: unknown, data: unknown) => workload.gradients(at, data));
      const { loss, gradients } = await compiled(state, batch);
      const elements = await Promise.all(leavesOf(gradients).map((each) => each.data()));
      await compiled.release();
      return { loss: await loss.item(), gradients: elements as Float32Array[] };
    },

    run(steps) {
      const current = prepared();
      return takeSteps(async () => {
        const { state, loss } = await current.step(current.state, current.batch);
        current.state = state;
        return loss.item();
      }, steps);
    },
  };
}
