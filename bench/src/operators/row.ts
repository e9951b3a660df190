import type { Tensor } from '@evenkeel/tensor';
import type { Graph } from './graph.js';

/** Another way to write an operation in ONNX: from the names of the inputs to those of the outputs. */
export type Form = (graph: Graph, ...inputs: string[]) => string | readonly string[];

/** One operation to measure: what the engine makes of it against other ways to write it. */
export interface Row {
  readonly name: string;
  /** What the operation is applied to; computed before anything is measured. */
  readonly inputs: () => readonly Tensor[];
  /** A tensor or a list of them. */
  readonly ours: (...inputs: Tensor[]) => Tensor | readonly Tensor[];
  readonly forms: Readonly<Record<string, Form>>;
  /** How many of the outputs every form must agree on; all unless said. */
  readonly compared?: number;
  /** Version of ONNX's operators that the forms need; 21 unless said. */
  readonly opset?: number;
  /**
   * Forms that are shown for their time alone: ONNX's random operators, which draw other numbers and cannot repeat them.
   */
  readonly reference?: readonly string[];
}
