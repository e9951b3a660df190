import type { Body } from './body.js';
import type { DType, TypedArray } from './dtype.js';
import type { OnnxAttribute } from './onnx.js';
import type { Shape } from './shape.js';
import { Tensor, type TensorType } from './tensor.js';

export type { OnnxAttribute } from './onnx.js';

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
  /**
   * A file for other runtimes and for readers: pooling and fake quantization as ONNX's own operators, which runtimes know
   * to do fast or in integers.
   */
  readonly file?: boolean;
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
  /**
   * A graph for an attribute. `write` gets the names of its inputs and returns those of its outputs; what it adds
   * belongs to the graph and may use everything around it.
   */
  subgraph(
    inputs: readonly TensorType[],
    outputs: readonly TensorType[],
    write: (inputs: readonly string[]) => readonly string[],
  ): OnnxAttribute;
  /** Adds the operators of a body here: from the names of its inputs to those of its outputs. */
  inline(body: Body, inputs: readonly string[]): readonly string[];
}

/** One use of a primitive: a node of the graph. */
export interface Application<Attributes extends object = object> {
  readonly primitive: Primitive<Attributes> | MultiPrimitive<Attributes>;
  readonly inputs: readonly Tensor[];
  readonly attributes: Attributes;
  /** The first output. */
  readonly output: Tensor;
  readonly outputs: readonly Tensor[];
  /** Nodes are numbered as they are made. */
  readonly serial: number;
}

/**
 * An operation of the graph, with all that the engine knows of it: the type of its output, its derivative, its ONNX form.
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

/** An operation with several outputs, such as a loop. Its rules are those of `Primitive`, for all outputs at once. */
export interface MultiPrimitive<Attributes extends object = object> {
  readonly name: string;
  inferAll(inputs: readonly Tensor[], attributes: Attributes): readonly TensorType[];
  /** Cotangents of outputs are undefined where they are zero. */
  vjpAll?(
    cotangents: readonly (Tensor | undefined)[],
    application: Application<Attributes>,
  ): readonly (Tensor | undefined)[];
  emitAll(
    emitter: Emitter,
    inputs: readonly string[],
    application: Application<Attributes>,
  ): readonly string[];
  /** A node without what nobody uses; undefined where everything is needed. */
  narrow?(application: Application<Attributes>, used: readonly boolean[]): Narrow<Attributes> | undefined;
}

/** A node cut down to what is used of it. */
export interface Narrow<Attributes extends object = object>
  extends Pick<Application<Attributes>, 'inputs' | 'attributes'> {
  /** Which of the outputs it still has. */
  readonly outputs: readonly boolean[];
}

/** Adds a node to the graph and returns its output. Attributes must be plain data, since they identify the node. */
export const apply = <Attributes extends object>(
  primitive: Primitive<Attributes>,
  inputs: readonly Tensor[],
  attributes: Attributes,
): Tensor => applyAll(primitive, inputs, attributes)[0]!;

let made = 0;

/** How many nodes have been made: those made from now on have larger numbers. */
export const serialNow = (): number => made;

/** As `apply`, for primitives with any number of outputs. Bodies may be among the attributes. */
export function applyAll<Attributes extends object>(
  primitive: Primitive<Attributes> | MultiPrimitive<Attributes>,
  inputs: readonly Tensor[],
  attributes: Attributes,
): readonly Tensor[] {
  const types =
    'infer' in primitive ? [primitive.infer(inputs, attributes)] : primitive.inferAll(inputs, attributes);
  const application = { primitive, inputs, attributes, serial: ++made } as {
    -readonly [K in keyof Application<Attributes>]: Application<Attributes>[K];
  };
  const source = { kind: 'application', application: application as unknown as Application } as const;
  application.outputs = types.map((type) => new Tensor(type, source));
  application.output = application.outputs[0]!;
  return application.outputs;
}

/** The cotangents of a node's inputs, from those of its outputs. */
export const pullBack = (
  application: Application,
  cotangents: readonly (Tensor | undefined)[],
): readonly (Tensor | undefined)[] =>
  ('infer' in application.primitive
    ? cotangents[0] && application.primitive.vjp?.(cotangents[0], application)
    : application.primitive.vjpAll?.(cotangents, application)) ?? [];

/** Whether derivatives flow through a node. */
export const isDifferentiable = ({ primitive }: Application): boolean =>
  'infer' in primitive ? primitive.vjp !== undefined : primitive.vjpAll !== undefined;

/** Adds a node's ONNX form; returns the names of its outputs. */
export const emitNode = (
  emitter: Emitter,
  inputs: readonly string[],
  application: Application,
): readonly string[] =>
  'infer' in application.primitive
    ? [application.primitive.emit(emitter, inputs, application)]
    : application.primitive.emitAll(emitter, inputs, application);

/** The node that computes a tensor, if it is computed by one. */
export const applicationOf = (tensor: Tensor): Application | undefined =>
  tensor.source.kind === 'application' ? tensor.source.application : undefined;

/**
 * All nodes that the tensors depend on, every node after those that it uses.
 * @param ends tensors that are taken as given: what lies behind them is left out
 */
export function applicationsOf(
  tensors: Iterable<Tensor>,
  ends: ReadonlySet<Tensor> = new Set(),
): Application[] {
  const order: Application[] = [];
  const seen = new Set<Application>();
  // A stack instead of recursion: graphs of unrolled loops are deeper than the call stack.
  const stack: { application: Application; next: number }[] = [];
  const visit = (tensor: Tensor) => {
    const application = ends.has(tensor) ? undefined : applicationOf(tensor);
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
