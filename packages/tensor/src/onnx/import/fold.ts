import { type DType, isFloat } from '../../graph/dtype.js';
import { broadcastShapes, normalizeAxes, normalizeAxis, sizeOf } from '../../graph/shape.js';
import { reducedShape } from '../../ops/broadcast.js';
import type { Call } from './call.js';
import { castTarget } from './castTarget.js';
import { indexOf, positionsIn, stridesOf } from './rearrange.js';
import { axesOf } from './reduceAxes.js';
import { knownValue, mostKnown, type Value } from './value.js';

// Numbers that are known are computed while tracing, so that shapes that depend on other shapes are known as well.

type Arithmetic = (a: number, b: number, dtype: DType) => number;
type Comparison = (a: number, b: number) => boolean;

const arithmetic: Readonly<Record<string, Arithmetic>> = {
  Add: (a, b) => a + b,
  Sub: (a, b) => a - b,
  Mul: (a, b) => a * b,
  Div: (a, b, dtype) => (isFloat(dtype) ? a / b : Math.trunc(a / b)),
  Max: (a, b) => Math.max(a, b),
  Min: (a, b) => Math.min(a, b),
  Pow: (a, b, dtype) => (isFloat(dtype) ? a ** b : Math.trunc(a ** b)),
};

const comparisons: Readonly<Record<string, Comparison>> = {
  Equal: (a, b) => a === b,
  Less: (a, b) => a < b,
  LessOrEqual: (a, b) => a <= b,
  Greater: (a, b) => a > b,
  GreaterOrEqual: (a, b) => a >= b,
  And: (a, b) => a !== 0 && b !== 0,
  Or: (a, b) => a !== 0 || b !== 0,
  Xor: (a, b) => (a !== 0) !== (b !== 0),
};

const functions: Readonly<Record<string, (x: number) => number>> = {
  Neg: (x) => -x,
  Abs: Math.abs,
  Sign: Math.sign,
  Floor: Math.floor,
  Ceil: Math.ceil,
  Sqrt: Math.sqrt,
  Exp: Math.exp,
  Log: Math.log,
  Reciprocal: (x) => 1 / x,
  Not: (x) => Number(x === 0),
};

const reductions: Readonly<Record<string, (numbers: readonly number[]) => number>> = {
  ReduceSum: (numbers) => numbers.reduce((a, b) => a + b, 0),
  ReduceProd: (numbers) => numbers.reduce((a, b) => a * b, 1),
  ReduceMax: (numbers) => numbers.reduce((a, b) => Math.max(a, b), -Infinity),
  ReduceMin: (numbers) => numbers.reduce((a, b) => Math.min(a, b), Infinity),
};

/** Combines values element by element as they broadcast; undefined when the result is too large to be known. */
function zip(
  name: string,
  values: readonly Value[],
  combine: (...numbers: number[]) => number,
  dtype: DType,
): Value | undefined {
  const shape = broadcastShapes(name, ...values.map((value) => value.shape));
  if (sizeOf(shape) > mostKnown) return undefined;
  const steps = values.map((value) => {
    const strides = stridesOf(value.shape);
    const missing = shape.length - value.shape.length;
    return shape.map((_, axis) => (value.shape[axis - missing] === 1 ? 0 : (strides[axis - missing] ?? 0)));
  });
  const numbers = Array.from(positionsIn(shape), (position) =>
    combine(...values.map((value, each) => value.numbers![indexOf(position, steps[each]!)]!)),
  );
  return knownValue(numbers, dtype, shape);
}

function reduce(call: Call, value: Value, combine: (numbers: readonly number[]) => number): Value {
  const axes = normalizeAxes(call.node.type, axesOf(call), value.rank);
  const strides = stridesOf(value.shape);
  const kept = reducedShape(value.shape, axes);
  const inner = value.shape.map((length, axis) => (axes.includes(axis) ? length : 1));
  const numbers = Array.from(positionsIn(kept), (position) => {
    const start = indexOf(position, strides);
    return combine(
      Array.from(positionsIn(inner), (within) => value.numbers![start + indexOf(within, strides)]!),
    );
  });
  const shape = call.int('keepdims', 1) ? kept : kept.filter((_, axis) => !axes.includes(axis));
  return knownValue(numbers, value.dtype, shape);
}

/** Whether a result of arithmetic can be held: integers only while they are exact. */
const isHeld = ({ dtype, numbers }: Value): boolean =>
  isFloat(dtype) || numbers!.every((number) => Number.isSafeInteger(number));

/** What a node gives, if that can be told from numbers that are known; undefined where it must be computed when it runs. */
export function fold(call: Call): Value | undefined {
  const { node, inputs } = call;
  if (node.domain !== '' || inputs.length === 0) return undefined;
  if (!inputs.every((input) => input === undefined || input.numbers)) return undefined;
  const result = foldKnown(call, node.type);
  return result && isHeld(result) ? result : undefined;
}

function foldKnown(call: Call, type: string): Value | undefined {
  const values = call.inputs.map((_, index) => call.inputs[index] && call.value(index));
  const [first] = values;
  if (!first) return undefined;
  const { dtype } = first;
  const present = values.filter((value) => value !== undefined);
  if (Object.hasOwn(arithmetic, type)) {
    if (present.length === 1) return first;
    return present
      .slice(1)
      .reduce<Value | undefined>(
        (total, value) =>
          total && zip(type, [total, value], (a, b) => arithmetic[type]!(a!, b!, dtype), dtype),
        first,
      );
  }
  if (Object.hasOwn(comparisons, type)) {
    return zip(type, present, (a, b) => Number(comparisons[type]!(a!, b!)), 'bool');
  }
  if (Object.hasOwn(functions, type))
    return knownValue(first.numbers!.map(functions[type]!), dtype, first.shape);
  if (Object.hasOwn(reductions, type)) {
    const combine = reductions[type]!;
    // The largest of no bools is false, the smallest is true.
    const bounded = (numbers: readonly number[]) => Math.min(1, Math.max(0, combine(numbers)));
    return reduce(call, first, dtype === 'bool' ? bounded : combine);
  }
  if (type === 'Where') {
    return zip(type, present, (condition, a, b) => (condition ? a! : b!), call.value(1).dtype);
  }
  if (type === 'Cast') return castKnown(call, first);
  if (type === 'Mod' && !call.int('fmod', 0)) {
    return zip(type, present, (a, b) => a! - Math.floor(a! / b!) * b!, dtype);
  }
  if (type === 'CumSum') return cumulate(call, first);
  if (type === 'NonZero') return nonZero(first);
  return undefined;
}

function castKnown(call: Call, value: Value): Value | undefined {
  const { dtype, type, narrow } = castTarget(call);
  const numbers = value.numbers!.map((number) =>
    dtype === 'bool' ? Number(number !== 0) : isFloat(dtype) ? number : narrow(Math.trunc(number)),
  );
  return knownValue(numbers, dtype, value.shape, type);
}

function cumulate(call: Call, value: Value): Value | undefined {
  if (call.int('exclusive', 0) || call.int('reverse', 0)) return undefined;
  const along = stridesOf(value.shape)[normalizeAxis('CumSum', call.number(1, 'axis'), value.rank)]!;
  const axis = normalizeAxis('CumSum', call.number(1, 'axis'), value.rank);
  const sums = [...value.numbers!];
  for (let index = 0; index < sums.length; index++) {
    if (Math.floor(index / along) % value.shape[axis]! > 0) sums[index]! += sums[index - along]!;
  }
  return knownValue(sums, value.dtype, value.shape);
}

/** Positions of elements other than 0, [rank, count]. */
function nonZero({ shape, numbers }: Value): Value {
  const found = Array.from(positionsIn(shape), (position) => [...position]).filter(
    (_, index) => numbers![index] !== 0,
  );
  return knownValue(
    shape.flatMap((_, axis) => found.map((position) => position[axis]!)),
    'int64',
    [shape.length, found.length],
  );
}
