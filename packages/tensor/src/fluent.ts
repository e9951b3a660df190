import type { DType, TypedArray } from './graph/dtype.js';
import type { Shape } from './graph/shape.js';
import { Tensor } from './graph/tensor.js';
import { type ReduceOptions, reshape, sum } from './ops/broadcast.js';
import type { Operand } from './ops/create.js';
import * as elementwise from './ops/elementwise.js';
import { expm1, log1p } from './ops/exponential.js';
import { type MatMulOptions, matMul } from './ops/matMul.js';
import { transpose } from './ops/movement.js';
import { max, mean, min } from './ops/reduce.js';
import { read } from './runtime/evaluate.js';

/** The commonest operations as methods, so that formulas read from left to right. */
interface Methods {
  add(other: Operand): Tensor;
  sub(other: Operand): Tensor;
  mul(other: Operand): Tensor;
  div(other: Operand): Tensor;
  pow(exponent: Operand): Tensor;
  neg(): Tensor;
  exp(): Tensor;
  log(): Tensor;
  sqrt(): Tensor;
  square(): Tensor;
  reciprocal(): Tensor;
  abs(): Tensor;
  sin(): Tensor;
  cos(): Tensor;
  tanh(): Tensor;
  sigmoid(): Tensor;
  relu(): Tensor;
  floor(): Tensor;
  round(): Tensor;
  log1p(): Tensor;
  expm1(): Tensor;
  clip(low: Operand, high: Operand): Tensor;
  cast(dtype: DType): Tensor;
  matMul(other: Tensor, options?: MatMulOptions): Tensor;
  reshape(shape: Shape): Tensor;
  transpose(permutation?: readonly number[]): Tensor;
  sum(options?: ReduceOptions): Tensor;
  mean(options?: ReduceOptions): Tensor;
  max(options?: ReduceOptions): Tensor;
  min(options?: ReduceOptions): Tensor;
  /** The elements in row-major order, computed now if they have not been. */
  data(): Promise<TypedArray>;
  /** The elements as numbers nested in arrays, one level an axis. */
  toArray(): Promise<NestedNumbers>;
  /** The only element, as a number. @throws RangeError when there are more or none */
  item(): Promise<number>;
}

/** A number, or arrays of numbers nested one level an axis. */
export type NestedNumbers = number | NestedNumbers[];

declare module './graph/tensor.js' {
  interface Tensor extends Methods {}
}

function nest(data: ArrayLike<number | bigint>, shape: Shape, offset = 0): NestedNumbers {
  const [length, ...inner] = shape;
  if (length === undefined) return Number(data[offset]);
  const stride = inner.reduce((size, each) => size * each, 1);
  return Array.from({ length }, (_, i) => nest(data, inner, offset + i * stride));
}

const methods: {
  [Name in keyof Methods]: (this: Tensor, ...args: Parameters<Methods[Name]>) => ReturnType<Methods[Name]>;
} = {
  add(other) {
    return elementwise.add(this, other);
  },
  sub(other) {
    return elementwise.sub(this, other);
  },
  mul(other) {
    return elementwise.mul(this, other);
  },
  div(other) {
    return elementwise.div(this, other);
  },
  pow(exponent) {
    return elementwise.pow(this, exponent);
  },
  neg() {
    return elementwise.neg(this);
  },
  exp() {
    return elementwise.exp(this);
  },
  log() {
    return elementwise.log(this);
  },
  sqrt() {
    return elementwise.sqrt(this);
  },
  square() {
    return elementwise.square(this);
  },
  reciprocal() {
    return elementwise.reciprocal(this);
  },
  sin() {
    return elementwise.sin(this);
  },
  cos() {
    return elementwise.cos(this);
  },
  tanh() {
    return elementwise.tanh(this);
  },
  sigmoid() {
    return elementwise.sigmoid(this);
  },
  relu() {
    return elementwise.relu(this);
  },
  floor() {
    return elementwise.floor(this);
  },
  round() {
    return elementwise.round(this);
  },
  log1p() {
    return log1p(this);
  },
  expm1() {
    return expm1(this);
  },
  clip(low, high) {
    return elementwise.clip(this, low, high);
  },
  abs() {
    return elementwise.abs(this);
  },
  cast(dtype) {
    return elementwise.cast(this, dtype);
  },
  matMul(other, options) {
    return matMul(this, other, options);
  },
  reshape(shape) {
    return reshape(this, shape);
  },
  transpose(permutation) {
    return transpose(this, permutation);
  },
  sum(options) {
    return sum(this, options);
  },
  mean(options) {
    return mean(this, options);
  },
  max(options) {
    return max(this, options);
  },
  min(options) {
    return min(this, options);
  },
  async data() {
    return (await read(this)).data;
  },
  async toArray() {
    return nest(await this.data(), this.shape);
  },
  async item() {
    if (this.size !== 1)
      throw new RangeError(`item: expected one element, got shape [${this.shape.join(', ')}]`);
    return Number((await this.data())[0]);
  },
};

Object.assign(Tensor.prototype, methods);
