import type { DType, TypedArray } from './dtype.js';
import type { Shape } from './shape.js';
import { Tensor, type TensorType } from './tensor.js';

/** An attribute of an ONNX operator. ONNX tells integers from floats, JavaScript does not: hence the tags. */
export type OnnxAttribute =
  | { readonly int: number }
  | { readonly float: number }
  | { readonly ints: readonly number[] }
  | { readonly string: string };

/** What a program is written for, as far as it decides between ONNX forms. */
export interface Target {
  /**
   * How many channels ONNX Runtime's blocked convolutions keep side by side on this processor; undefined where they are
   * not to be had, and in files for other machines.
   */
  readonly channelBlock?: number | undefined;
  /** ONNX Runtime on a GPU, by WebGPU. */
  readonly gpu?: boolean;
  /** Only operators of the ONNX standard, none of ONNX Runtime's own, so that other runtimes can open the file. */
  readonly standard?: boolean;
  /** Fake quantization as ONNX's quantization operators, which runtimes turn into integer arithmetic. */
  readonly quantized?: boolean;
  /** The version of ONNX's operators; 21 unless said. */
  readonly opset?: number;
}

/** What an operation's ONNX form is written with. Names stand for the ONNX values. */
export interface Emitter {
  readonly target: Target;
  /** Adds an operator and returns the name of its output. Domain `com.microsoft` holds ONNX Runtime's own operators. */
  operator(
    type: string,
    inputs: readonly string[],
    attributes?: Readonly<Record<string, OnnxAttribute>>,
    domain?: string,
  ): string;
  /** The names of an operator's first `count` outputs. Operations that ask for the same one share it. */
  operators(
    count: number,
    type: string,
    inputs: readonly string[],
    attributes?: Readonly<Record<string, OnnxAttribute>>,
  ): readonly string[];
  /** Adds a constant and returns its name; equal constants share one. */
  constant(elements: TypedArray | readonly number[], dtype: DType, shape?: Shape): string;
}

/** One use of a primitive: a node of the graph. */
export interface Application<Attributes extends object = object> {
  readonly primitive: Primitive<Attributes>;
  readonly inputs: readonly Tensor[];
  readonly attributes: Attributes;
  readonly output: Tensor;
}

/**
 * An operation of the graph: its shape rule, its derivative and its ONNX form, side by side.
 * Everything else is a composition of primitives.
 */
export interface Primitive<Attributes extends object = object> {
  readonly name: string;
  /** Shape and dtype of the output. @throws ShapeError or DTypeError naming this operation and what came. */
  infer(inputs: readonly Tensor[], attributes: Attributes): TensorType;
  /**
   * The vector-Jacobian product: from the cotangent of the output to those of the inputs, written with differentiable
   * operations. Undefined entries are zeros. A primitive without it has no derivative: nothing flows through it.
   */
  vjp?(cotangent: Tensor, application: Application<Attributes>): readonly (Tensor | undefined)[];
  /** Adds the ONNX form; returns the name of the output. */
  emit(emitter: Emitter, inputs: readonly string[], application: Application<Attributes>): string;
}

/** Adds a node to the graph and returns its output. Attributes must be plain data, since they identify the node. */
export function apply<Attributes extends object>(
  primitive: Primitive<Attributes>,
  inputs: readonly Tensor[],
  attributes: Attributes,
): Tensor {
  const application = { primitive, inputs, attributes } as {
    -readonly [K in keyof Application<Attributes>]: Application<Attributes>[K];
  };
  const output = new Tensor(primitive.infer(inputs, attributes), {
    kind: 'application',
    application: application as unknown as Application,
  });
  application.output = output;
  return output;
}

/** The node that computes a tensor, if it is computed by one. */
export const applicationOf = (tensor: Tensor): Application | undefined =>
  tensor.source.kind === 'application' ? tensor.source.application : undefined;

/** All nodes that the tensors depend on, every node after those that it uses. */
export function applicationsOf(tensors: Iterable<Tensor>): Application[] {
  const order: Application[] = [];
  const seen = new Set<Application>();
  // A stack instead of recursion: graphs of unrolled loops are deeper than the call stack.
  const stack: { application: Application; next: number }[] = [];
  const visit = (tensor: Tensor) => {
    const application = applicationOf(tensor);
    if (!application || seen.has(application)) return;
    seen.add(application);
    stack.push({ application, next: 0 });
  };
  for (const tensor of tensors) {
    visit(tensor);
    while (stack.length > 0) {
      const top = stack.at(-1)!;
      const input = top.application.inputs[top.next++];
      if (input) visit(input);
      else order.push(stack.pop()!.application);
    }
  }
  return order;
}

/** The tensors that others depend on and that no node computes. */
export function leavesBehind(tensors: readonly Tensor[]): Tensor[] {
  const leaves = new Set<Tensor>();
  for (const tensor of [...tensors, ...applicationsOf(tensors).flatMap(({ inputs }) => inputs)]) {
    if (tensor.source.kind !== 'application') leaves.add(tensor);
  }
  return [...leaves];
}
