import type { DType, TypedArray } from '@evenkeel/tensor';
import {
  encodeModel,
  type OnnxConstant,
  type OnnxModel,
  type OnnxNode,
  type OnnxValue,
} from '../../../packages/tensor/dist/onnx/model.js';

/** Whole numbers are ints and arrays are lists of them, as most attributes are; other numbers say that they are floats. */
type Attribute = number | readonly number[] | string | { readonly float: number };

type Attributes = Readonly<Record<string, Attribute>>;

const tagged = (attribute: Attribute): OnnxNode['attributes'][string] => {
  if (typeof attribute === 'number') return { int: attribute };
  if (typeof attribute === 'string') return { string: attribute };
  return 'float' in attribute ? attribute : { ints: attribute };
};

/** An ONNX graph under construction. Strings stand for its values. */
export class Graph {
  readonly #nodes: OnnxNode[] = [];
  readonly #constants: OnnxConstant[] = [];

  /** Adds an operator of ONNX, or of ONNX Runtime where the name says `com.microsoft.`; returns its first output. */
  operator(type: string, inputs: readonly string[], attributes: Attributes = {}): string {
    return this.operators(1, type, inputs, attributes)[0]!;
  }

  /** As `operator`, for the first `count` outputs. */
  operators(count: number, type: string, inputs: readonly string[], attributes: Attributes = {}): string[] {
    const name = `node${this.#nodes.length}`;
    const outputs = Array.from({ length: count }, (_, i) => `${name}.${i}`);
    const end = type.lastIndexOf('.');
    this.#nodes.push({
      name,
      type: type.slice(end + 1),
      domain: type.slice(0, Math.max(0, end)),
      inputs,
      outputs,
      attributes: Object.fromEntries(Object.entries(attributes).map(([key, each]) => [key, tagged(each)])),
    });
    return outputs;
  }

  constant(data: TypedArray, dtype: DType, shape: readonly number[] = [data.length]): string {
    const name = `constant${this.#constants.length}`;
    this.#constants.push({ name, dtype, shape, data: data as TypedArray & ArrayBufferView<ArrayBuffer> });
    return name;
  }

  /** int64, as axes, shapes and bounds are given. */
  integers(...numbers: readonly number[]): string {
    return this.constant(BigInt64Array.from(numbers, BigInt), 'int64');
  }

  /** A float32 scalar. */
  number(value: number): string {
    return this.constant(Float32Array.of(value), 'float32', []);
  }

  filled(value: number, shape: readonly number[]): string {
    const size = shape.reduce((product, length) => product * length, 1);
    return this.constant(new Float32Array(size).fill(value), 'float32', shape);
  }

  reshape(input: string, ...shape: readonly number[]): string {
    return this.operator('Reshape', [input, this.integers(...shape)]);
  }

  transpose(input: string, ...perm: readonly number[]): string {
    return this.operator('Transpose', [input], { perm });
  }

  matMul(a: string, b: string, attributes: Attributes = {}): string {
    return this.operator('com.microsoft.FusedMatMul', [a, b], attributes);
  }

  sum(input: string, axes: readonly number[], keepdims = 0): string {
    return this.operator('ReduceSum', [input, this.integers(...axes)], { keepdims });
  }

  mean(input: string, axes: readonly number[], keepdims = 1): string {
    return this.operator('ReduceMean', [input, this.integers(...axes)], { keepdims });
  }

  add(a: string, b: string): string {
    return this.operator('Add', [a, b]);
  }

  sub(a: string, b: string): string {
    return this.operator('Sub', [a, b]);
  }

  mul(a: string, b: string): string {
    return this.operator('Mul', [a, b]);
  }

  div(a: string, b: string): string {
    return this.operator('Div', [a, b]);
  }

  slice(
    input: string,
    axes: readonly number[],
    starts: readonly number[],
    ends: readonly number[],
    step = 1,
  ): string {
    return this.operator('Slice', [
      input,
      this.integers(...starts),
      this.integers(...ends),
      this.integers(...axes),
      this.integers(...axes.map(() => step)),
    ]);
  }

  pad(input: string, before: readonly number[], after: readonly number[]): string {
    return this.operator('Pad', [input, this.integers(...before, ...after)]);
  }

  /** The file. `ends` are the graph's results, of the types that are given. */
  encode(
    inputs: readonly OnnxValue[],
    ends: readonly string[],
    types: readonly Omit<OnnxValue, 'name'>[],
    opset: number,
  ): Uint8Array {
    const model: OnnxModel = {
      nodes: this.#nodes,
      constants: this.#constants,
      inputs,
      outputs: types.map(({ dtype, shape }, i) => ({ name: ends[i]!, dtype, shape })),
      opset,
    };
    return encodeModel(model);
  }
}
