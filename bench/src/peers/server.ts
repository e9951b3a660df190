import type { Manifest } from '../start.js';
import type { Described } from './protocol.js';

/** What a side written in JavaScript does itself, in Node or in a page. */
export interface Server {
  describe(): Promise<Described>;
  /** Loads a workload with given weights and batch; see start.ts. */
  prepare(manifest: Manifest, bytes: ArrayBuffer): Promise<void>;
  /** Loss and gradients at the start, in the order of the parameters. */
  differentiate(): Promise<{ readonly loss: number; readonly gradients: readonly Float32Array[] }>;
  /** Takes training steps: their wall times, and the loss of the last, before its update. */
  run(steps: number): Promise<Steps>;
}

export interface Steps {
  readonly milliseconds: readonly number[];
  readonly loss: number;
}

/** Takes steps of a function that resolves to the loss when everything is computed, and measures each. */
export async function takeSteps(step: () => Promise<number>, steps: number): Promise<Steps> {
  const milliseconds: number[] = [];
  let loss = Number.NaN;
  for (let i = 0; i < steps; i++) {
    const start = performance.now();
    loss = await step();
    milliseconds.push(performance.now() - start);
  }
  return { milliseconds, loss };
}
