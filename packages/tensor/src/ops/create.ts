import { type DType, dtypeOf, elementsFrom, isDType, isFloat, type TypedArray } from '../graph/dtype.js';
import { DTypeError, ShapeError } from '../graph/errors.js';
import { apply, type Primitive } from '../graph/primitive.js';
import { formatShape, requireShape, type Shape, sizeOf } from '../graph/shape.js';
import { type Stored, Tensor } from '../graph/tensor.js';

/** Numbers nested in arrays, one level an axis. */
export type Nested = number | boolean | readonly Nested[];

/** A tensor, or a number that takes the dtype of what it meets. */
export type Operand = Tensor | number;

/**
 * A tensor of given elements.
 * @param elements nested arrays of numbers (their nesting is the shape), or a typed array with `shape`
 * @param options `dtype`: float32 for numbers, bool for booleans, and a typed array's own unless said;
 *   `shape`: row-major lengths, needed for typed arrays of more than one axis
 * @throws ShapeError for ragged nesting or a shape of another size; DTypeError for elements that the dtype cannot hold
 */
export function tensor(
  elements: Nested | TypedArray,
  options: { dtype?: DType; shape?: Shape } | DType = {},
): Tensor {
  const { dtype: asked, shape: given } =
    typeof options === 'string' ? { dtype: options, shape: undefined } : options;
  if (asked !== undefined && !isDType(asked)) throw new DTypeError(`tensor: unknown dtype ${asked}`);
  const [flat, nesting] = ArrayBuffer.isView(elements)
    ? [elements, [elements.length]]
    : flattenNested(elements);
  const shape = given ?? nesting;
  requireShape('tensor', shape);
  if (sizeOf(shape) !== flat.length) {
    throw new ShapeError(`tensor: ${flat.length} elements do not fill shape ${formatShape(shape)}`);
  }
  const stored = ArrayBuffer.isView(flat) ? dtypeOf(flat) : undefined;
  const dtype = asked ?? stored ?? (typeof (flat as unknown[])[0] === 'boolean' ? 'bool' : 'float32');
  const data =
    stored === dtype
      ? (flat as TypedArray)
      : elementsFrom(Array.from(flat as ArrayLike<number>, Number), dtype);
  return fromValue({ data, dtype, shape });
}

export const fromValue = (value: Stored): Tensor => new Tensor(value, { kind: 'value', value });

function flattenNested(nested: Nested): [(number | boolean)[], Shape] {
  const shape: number[] = [];
  for (let level: Nested | undefined = nested; Array.isArray(level); level = level[0])
    shape.push(level.length);
  const flat: (number | boolean)[] = [];
  const walk = (level: Nested, depth: number): void => {
    const isArray = Array.isArray(level);
    if (isArray !== depth < shape.length || (isArray && level.length !== shape[depth])) {
      throw new ShapeError(
        `tensor: nested arrays are ragged at depth ${depth}: expected shape ${formatShape(shape)}`,
      );
    }
    if (isArray) for (const child of level) walk(child, depth + 1);
    else flat.push(level as number | boolean);
  };
  walk(nested, 0);
  return [flat, shape];
}

const literalPrimitive: Primitive<{ value: string; dtype: DType }> = {
  name: 'literal',
  infer: (_, { dtype }) => ({ shape: [], dtype }),
  emit: (emitter, _, { attributes: { value, dtype } }) => emitter.constant([Number(value)], dtype, []),
};

/** A scalar that is part of the program, as numbers in formulas are. */
export function literal(value: number, dtype: DType): Tensor {
  if (!isFloat(dtype)) elementsFrom([value], dtype);
  // Kept as text so that NaN, infinities and -0 identify the node as well as other numbers do.
  return apply(literalPrimitive, [], { value: Object.is(value, -0) ? '-0' : String(value), dtype });
}

/** The number that a tensor is known to be when a function is traced. */
export function literalValue(operand: Tensor): number | undefined {
  const source = operand.source;
  if (source.kind !== 'application' || source.application.primitive.name !== literalPrimitive.name)
    return undefined;
  return Number((source.application.attributes as { value: string }).value);
}

/** Operands as tensors of one dtype: numbers take the dtype of the first tensor (float32 when there is none). */
export function operands(name: string, ...given: readonly Operand[]): Tensor[] {
  const dtype = given.find((operand) => operand instanceof Tensor)?.dtype ?? 'float32';
  return given.map((operand) => {
    const one = operand instanceof Tensor ? operand : literal(operand, dtype);
    if (one.dtype !== dtype) {
      const dtypes = given.map((each) => (each instanceof Tensor ? each.dtype : 'a number')).join(' and ');
      throw new DTypeError(`${name}: dtypes differ: ${dtypes}; convert one with cast()`);
    }
    return one;
  });
}
