import { formatShape, sizeOf } from '../../../graph/shape.js';
import type { Tensor } from '../../../graph/tensor.js';
import { tril, triu } from '../../../ops/arrange.js';
import { reshape } from '../../../ops/broadcast.js';
import { add, cast, equal, mul } from '../../../ops/elementwise.js';
import { full } from '../../../ops/fill.js';
import { iota } from '../../../ops/gather.js';
import type { Call, Operators } from '../call.js';
import { elementTypeName, elementTypeOf, elementTypes } from '../elements.js';
import { knownValue, mostKnown, type Value } from '../value.js';

function filled(call: Call): Value | Tensor {
  const shape = call.numbers(0, 'shape');
  if (!shape.every((length) => Number.isSafeInteger(length) && length >= 0)) {
    throw call.error(`${formatShape(shape)} is no shape`);
  }
  const file = call.tensorFile('value');
  const value = file ? call.tracing.constant(file) : knownValue([0], 'float32');
  const [number, ...more] = value.numbers ?? [];
  if (number === undefined || more.length > 0)
    throw call.error('attribute "value": expected a single element');
  const size = sizeOf(shape);
  return size <= mostKnown
    ? knownValue(
        Array.from({ length: size }, () => number),
        value.dtype,
        shape,
        value.stored,
      )
    : full(shape, number, value.dtype);
}

function range(call: Call): Value | Tensor {
  const [start, limit, step] = ['start', 'limit', 'delta'].map((what, index) => call.number(index, what)) as [
    number,
    number,
    number,
  ];
  const { dtype } = call.value(0);
  const length = Math.max(0, Math.ceil((limit - start) / step));
  if (!Number.isSafeInteger(length)) throw call.error(`no range goes from ${start} to ${limit} by ${step}`);
  return length <= mostKnown
    ? knownValue(
        Array.from({ length }, (_, i) => start + i * step),
        dtype,
      )
    : add(mul(cast(iota(length), dtype), step), start);
}

function constant(call: Call): Value {
  const file = call.tensorFile('value');
  if (file) return call.tracing.constant(file);
  if (call.has('value_float')) return knownValue([call.float('value_float')], 'float32', []);
  if (call.has('value_int')) return knownValue([call.int('value_int')], 'int64', []);
  const floats = call.floats('value_floats');
  if (floats) return knownValue(floats, 'float32');
  const ints = call.ints('value_ints');
  if (ints) return knownValue(ints, 'int64');
  throw call.error('only tensors and numbers are supported as constants');
}

function triangular(call: Call): Tensor {
  const offset = call.optionalNumbers(1, 'k')?.[0] ?? 0;
  return call.int('upper', 1) ? triu(call.tensor(0), offset) : tril(call.tensor(0), offset);
}

function identityMatrix(call: Call): Tensor {
  const { shape, dtype: own } = call.value(0);
  if (shape.length !== 2) throw call.error(`expected a matrix, got ${formatShape(shape)}`);
  const type = call.has('dtype') ? elementTypeOf(call.int('dtype')) : own;
  if (!type) throw call.error(`elements of ${elementTypeName(call.int('dtype'))} are not supported`);
  const [rows, columns] = shape.map(iota) as [Tensor, Tensor];
  const diagonal = equal(add(reshape(rows, [rows.size, 1]), call.int('k', 0)), columns);
  return cast(diagonal, elementTypes[type].dtype);
}

export const creations: Operators = {
  Constant: constant,
  ConstantOfShape: filled,
  EyeLike: identityMatrix,
  NonZero(call) {
    throw call.error('the number of its results is only known when it runs');
  },
  Range: range,
  Trilu: triangular,
};
