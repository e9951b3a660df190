import type { InferenceSession, InferenceSessionFactory, TensorConstructor } from 'onnxruntime-common';
import type { Model } from './runtime.js';

/** ONNX Runtime as it is loaded in Node or in a browser. */
export interface Platform {
  readonly InferenceSession: InferenceSessionFactory;
  readonly Tensor: TensorConstructor;
  /** ONNX Runtime's name for where the computation runs. */
  readonly executionProvider: string;
  /** Threads that one operator may use. */
  readonly threads: number;
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
});
