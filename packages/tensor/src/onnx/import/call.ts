import type { Tensor } from '../../graph/tensor.js';
import { OnnxError } from './errors.js';
import type { AttributeFile, GraphFile, NodeFile, TensorFile } from './file.js';
import type { Tracing } from './tracing.js';
import { tensorValue, Value } from './value.js';

type ValueOf<Kind> = Extract<AttributeFile, { readonly kind: Kind }>['value'];

/** One node while a graph is traced: its inputs and attributes, as an operator asks for them. */
export class Call {
  readonly node: NodeFile;
  /** Undefined where the node leaves one out. */
  readonly inputs: readonly (Value | undefined)[];
  /** Version of the operators of the node's domain. */
  readonly opset: number;
  readonly tracing: Tracing;
  readonly #attributes: ReadonlyMap<string, AttributeFile>;
  readonly #runGraph: (graph: GraphFile, inputs: readonly Value[]) => Value[];

  constructor(
    node: NodeFile,
    inputs: readonly (Value | undefined)[],
    attributes: ReadonlyMap<string, AttributeFile>,
    opset: number,
    tracing: Tracing,
    runGraph: (graph: GraphFile, inputs: readonly Value[]) => Value[],
  ) {
    this.node = node;
    this.inputs = inputs;
    this.opset = opset;
    this.tracing = tracing;
    this.#attributes = attributes;
    this.#runGraph = runGraph;
  }

  /** The same node with other inputs, as another operator may take it. @param opset of that operator's domain */
  withInputs(inputs: readonly (Value | undefined)[], opset: number): Call {
    return new Call(this.node, inputs, this.#attributes, opset, this.tracing, this.#runGraph);
  }

  error(message: string): OnnxError {
    return new OnnxError(`node "${this.node.name}" (${this.node.type}): ${message}`);
  }

  value(index: number): Value {
    const value = this.inputs[index];
    if (!value) throw this.error(`input ${index} is missing`);
    return value;
  }

  tensor(index: number): Tensor {
    return this.value(index).tensor;
  }

  optional(index: number): Tensor | undefined {
    return this.inputs[index]?.tensor;
  }

  /** All inputs of an operator that takes any number. */
  tensors(): Tensor[] {
    return this.inputs.map((_, index) => this.tensor(index));
  }

  /** Elements of an input that must not depend on the elements of the model's inputs. */
  numbers(index: number, what: string): readonly number[] {
    const { numbers } = this.value(index);
    if (!numbers) {
      throw this.error(
        `${what} (input ${index}) must be known before the model runs, but it depends on the elements of inputs or weights`,
      );
    }
    return numbers;
  }

  optionalNumbers(index: number, what: string): readonly number[] | undefined {
    return this.inputs[index] && this.numbers(index, what);
  }

  number(index: number, what: string): number {
    const [number, ...more] = this.numbers(index, what);
    if (number === undefined || more.length > 0)
      throw this.error(`${what} (input ${index}) is no single number`);
    return number;
  }

  has(name: string): boolean {
    return this.#attributes.has(name);
  }

  #attribute<Kind extends AttributeFile['kind']>(name: string, kind: Kind): ValueOf<Kind> | undefined {
    const attribute = this.#attributes.get(name);
    if (attribute && attribute.kind !== kind) {
      throw this.error(`attribute "${name}": expected ${kind}, got ${attribute.kind}`);
    }
    return attribute?.value as ValueOf<Kind> | undefined;
  }

  #required<T>(name: string, value: T | undefined): T {
    if (value === undefined) throw this.error(`attribute "${name}" is missing`);
    return value;
  }

  int(name: string, otherwise?: number): number {
    return this.#required(name, this.#attribute(name, 'int') ?? otherwise);
  }

  float(name: string, otherwise?: number): number {
    return this.#required(name, this.#attribute(name, 'float') ?? otherwise);
  }

  /** @param allowed what the attribute may say; any text unless given */
  string(name: string, otherwise: string, allowed?: readonly string[]): string {
    const value = this.#attribute(name, 'string') ?? otherwise;
    if (allowed && !allowed.includes(value)) {
      throw this.error(
        `attribute "${name}": ${JSON.stringify(value)} is not supported; expected ${allowed.join(', ')}`,
      );
    }
    return value;
  }

  ints(name: string): readonly number[] | undefined {
    return this.#attribute(name, 'ints');
  }

  floats(name: string): readonly number[] | undefined {
    return this.#attribute(name, 'floats');
  }

  strings(name: string): readonly string[] | undefined {
    return this.#attribute(name, 'strings');
  }

  tensorFile(name: string): TensorFile | undefined {
    return this.#attribute(name, 'tensor');
  }

  graph(name: string): GraphFile {
    return this.#required(name, this.#attribute(name, 'graph'));
  }

  /** Runs a graph of an attribute, which may use the values around this node. */
  run(graph: GraphFile, inputs: readonly Value[]): Value[] {
    return this.#runGraph(graph, inputs);
  }

  /** Refuses attributes other than those named. */
  requireAttributes(known: readonly string[]): void {
    const other = [...this.#attributes.keys()].find((name) => !known.includes(name));
    if (other !== undefined) throw this.error(`attribute "${other}" is not supported`);
  }

  /** Refuses outputs from `count` on, when something uses them. */
  requireOutputs(count: number): void {
    const extra = this.node.outputs.slice(count).find((name) => name);
    if (extra) throw this.error(`output "${extra}" is not supported`);
  }
}

/** What an operator gives: one output or several, undefined where the node does not ask for one. */
export type Result = Tensor | Value | readonly (Tensor | Value | undefined)[];

/** An ONNX operator in terms of ours. @throws OnnxError, ShapeError or DTypeError for what it cannot take */
export type Operator = (call: Call) => Result;

export type Operators = Readonly<Record<string, Operator>>;

export const valuesOf = (result: Result): readonly (Value | undefined)[] =>
  (Array.isArray(result)
    ? (result as readonly (Tensor | Value | undefined)[])
    : [result as Tensor | Value]
  ).map((each) => (each === undefined || each instanceof Value ? each : tensorValue(each)));
