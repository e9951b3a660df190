import type { Target } from '../graph/primitive.js';
import type { Value } from '../graph/tensor.js';
import type { Model, RuntimeOptions } from './runtime.js';

/** What the thread of the worker runtime is asked. Programs and elements have numbers that the asker gives. */
export type Request =
  | { readonly type: 'start'; readonly options: RuntimeOptions }
  | { readonly type: 'load'; readonly program: number; readonly model: Model }
  | {
      readonly type: 'run';
      readonly program: number;
      /** Elements, or numbers of elements that are there. */
      readonly inputs: readonly (Value | number)[];
      /** The numbers that the outputs get. */
      readonly outputs: readonly number[];
    }
  | { readonly type: 'keep'; readonly elements: number; readonly value: Value }
  | { readonly type: 'read'; readonly elements: number }
  | { readonly type: 'free'; readonly elements: readonly number[] }
  | { readonly type: 'release'; readonly program: number };

export interface Question {
  readonly id: number;
  readonly request: Request;
}

export type Answer =
  | { readonly id: number; readonly given: Target | Value | undefined }
  | { readonly id: number; readonly error: string };
