import { type DType, isFloat } from '../graph/dtype.js';
import { DTypeError } from '../graph/errors.js';
import { type Application, apply, type Emitter, type Primitive } from '../graph/primitive.js';
import { broadcastShapes } from '../graph/shape.js';
import type { Tensor } from '../graph/tensor.js';
import { requireFloat, sumTo } from './broadcast.js';
import { type Operand, operands } from './create.js';

// What operations that work element by element have in common.

/** Element types that an operation takes. */
export type Dtypes = 'float' | 'integer' | 'number' | 'bool' | 'any';

/** @throws DTypeError unless the tensor's elements are of these types */
export function requireDtypes(name: string, input: Tensor, dtypes: Dtypes): void {
  const { dtype } = input;
  if (dtypes === 'float') requireFloat(name, input);
  if (dtypes === 'number' && dtype === 'bool') {
    throw new DTypeError(`${name}: expected numbers, got bool; convert it with cast()`);
  }
  if (dtypes === 'bool' && dtype !== 'bool') throw new DTypeError(`${name}: expected bool, got ${dtype}`);
  if (dtypes === 'integer' && (dtype === 'bool' || isFloat(dtype))) {
    throw new DTypeError(`${name}: expected int32, int64 or uint32, got ${dtype}`);
  }
}

interface Unary {
  readonly name: string;
  readonly dtypes: Dtypes;
  readonly vjp?: (cotangent: Tensor, input: Tensor, output: Tensor) => Tensor;
  /** The ONNX operator, or a form written out. */
  readonly emit: string | ((emitter: Emitter, input: string, dtype: DType) => string);
  /** The dtype of the result, where it is not that of the input. */
  readonly result?: 'bool';
}

/** A function of one tensor, in its shape. */
export function unary({ name, dtypes, vjp, emit, result }: Unary): (input: Tensor) => Tensor {
  const primitive: Primitive = {
    name,
    infer([input]) {
      requireDtypes(name, input!, dtypes);
      return { shape: input!.shape, dtype: result ?? input!.dtype };
    },
    ...(vjp && {
      vjp: (cotangent: Tensor, { inputs: [input], output }: Application) => [vjp(cotangent, input!, output)],
    }),
    emit: (emitter, [input], { inputs: [tensor] }) =>
      typeof emit === 'string' ? emitter.operator(emit, [input!]) : emit(emitter, input!, tensor!.dtype),
  };
  return (input) => apply(primitive, [input], {});
}

interface Binary {
  readonly name: string;
  readonly dtypes: Dtypes;
  readonly vjp?: (cotangent: Tensor, a: Tensor, b: Tensor, output: Tensor) => readonly [Tensor, Tensor];
  /** The ONNX operator, or a form written out. */
  readonly emit:
    | string
    | ((emitter: Emitter, inputs: readonly [string, string], application: Application) => string);
  /** The dtype of the result, where it is not that of the operands. */
  readonly result?: 'bool';
}

/** A function of two operands of one dtype, in the shape that they broadcast to. */
export function binary({ name, dtypes, vjp, emit, result }: Binary): (a: Operand, b: Operand) => Tensor {
  const primitive: Primitive = {
    name,
    infer([a, b]) {
      requireDtypes(name, a!, dtypes);
      return { shape: broadcastShapes(name, a!.shape, b!.shape), dtype: result ?? a!.dtype };
    },
    ...(vjp && {
      vjp(cotangent: Tensor, { inputs: [a, b], output }: Application) {
        const [forA, forB] = vjp(cotangent, a!, b!, output);
        return [sumTo(forA, a!.shape), sumTo(forB, b!.shape)];
      },
    }),
    emit: (emitter, inputs, application) =>
      typeof emit === 'string'
        ? emitter.operator(emit, inputs)
        : emit(emitter, inputs as [string, string], application),
  };
  return (a, b) => apply(primitive, operands(name, a, b), {});
}
