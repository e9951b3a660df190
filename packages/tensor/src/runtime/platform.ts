import type { InferenceSession, InferenceSessionFactory, TensorConstructor } from 'onnxruntime-common';
import type { Model, Queue } from './runtime.js';

/** ONNX Runtime as it is loaded in Node or in a browser. */
export interface Platform {
  readonly InferenceSession: InferenceSessionFactory;
  readonly Tensor: TensorConstructor;
  /** ONNX Runtime's name for where the computation runs. */
  readonly executionProvider: string;
  /** Threads that one operator may use. */
  readonly threads: number;
  /**
   * Runs what uses ONNX Runtime, one task after another: for the web it refuses overlapping runs, and for Node they would
   * wait for one another anyway.
   */
  readonly oneAtATime: Queue;
}

export const sessionOptions = (
  { executionProvider, threads }: Platform,
  optimization: Model['optimization'],
): InferenceSession.SessionOptions => ({
  executionProviders: [executionProvider],
  graphOptimizationLevel: optimization,
  intraOpNumThreads: threads,
  interOpNumThreads: 1,
  // What goes wrong is thrown, with the name of our operation; ONNX Runtime need not print it as well.
  logSeverityLevel: 4,
  // It takes factors that are nearly 1 for 1, which float64 tells apart; "basic" is what graphs with float64 are run at.
  ...(optimization === 'basic' && {
    extra: { optimization: { disable_specified_optimizers: 'NoopElimination' } },
  }),
});
