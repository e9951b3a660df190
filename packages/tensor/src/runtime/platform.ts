import type { InferenceSessionFactory, TensorConstructor } from 'onnxruntime-common';
import type { Target } from '../graph/primitive.js';

/** What differs between Node and the browser. */
export interface Platform {
  readonly InferenceSession: InferenceSessionFactory;
  readonly Tensor: TensorConstructor;
  /** ONNX Runtime's name for where the computation runs. */
  readonly executionProvider: string;
  /** Threads that one operator may use. */
  readonly threads: number;
  readonly target: Target;
}
