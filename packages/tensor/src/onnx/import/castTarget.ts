import type { DType } from '../../graph/dtype.js';
import type { Call } from './call.js';
import { type ElementType, elementTypeName, elementTypeOf, elementTypes, rangeOf } from './elements.js';

/** What a cast makes of elements. */
interface CastTarget {
  readonly type: ElementType;
  readonly dtype: DType;
  /** An integer as the type would hold it: narrow types wrap around. */
  readonly narrow: (integer: number) => number;
}

const wrapped = (integer: number, [low, high]: readonly [number, number]): number => {
  const count = high - low + 1;
  return ((((integer - low) % count) + count) % count) + low;
};

/** The target of a node with the attribute `to`. @throws OnnxError for types that are not supported */
export function castTarget(call: Call): CastTarget {
  const code = call.int('to');
  const type = elementTypeOf(code);
  if (!type) throw call.error(`elements of ${elementTypeName(code)} are not supported`);
  const range = rangeOf(type);
  return {
    type,
    dtype: elementTypes[type].dtype,
    narrow: (integer) => (range ? wrapped(integer, range) : integer),
  };
}
