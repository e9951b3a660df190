import { close } from '../graph/body.js';
import { ShapeError } from '../graph/errors.js';
import { formatShape, normalizeAxis } from '../graph/shape.js';
import type { Tensor } from '../graph/tensor.js';
import { transpose } from '../ops/movement.js';
import { repeated } from './batch.js';
import { batchBody } from './batchBodies.js';
import { placesOf } from './carry.js';

export interface VmapOptions {
  /**
   * The axis of the examples in the tensors of each argument, or one for all arguments; null for arguments that all
   * examples share. 0 unless said.
   */
  readonly inAxes?: number | readonly (number | null)[];
  /** Where the results have the axis of the examples. 0 unless said. */
  readonly outAxes?: number;
}

/** Moves an axis to another place, the others keeping their order. */
function moveAxis(tensor: Tensor, from: number, to: number): Tensor {
  if (from === to) return tensor;
  const others = tensor.shape.map((_, axis) => axis).filter((axis) => axis !== from);
  return transpose(tensor, [...others.slice(0, to), from, ...others.slice(to)]);
}

/**
 * The function for many examples at once, written for one: its arguments get an axis of examples, and so do its results.
 * It is traced once, and each of its operations is written for all examples. Arguments and results are trees of tensors;
 * tensors from around the function are shared by all examples. Random keys that are shared give all examples the
 * same numbers: pass a key for each.
 * @example gradients example by example: `vmap(grad(loss), { inAxes: [null, 0] })(weights, images)`
 * @throws ShapeError when an argument lacks the axis, or when lengths differ
 */
export function vmap<Arguments extends readonly unknown[], Result>(
  fn: (...args: Arguments) => Result,
  { inAxes = 0, outAxes = 0 }: VmapOptions = {},
): (...args: Arguments) => Result {
  return (...args) => {
    const axes = typeof inAxes === 'number' ? args.map(() => inAxes) : inAxes;
    if (axes.length !== args.length) {
      throw new ShapeError(
        `vmap: inAxes: expected ${args.length}, one for each argument, got ${axes.length}`,
      );
    }
    const places = args.map((arg) => placesOf(arg));
    const rows = places.map(({ leaves, paths }, at) =>
      leaves.map((leaf, i) => {
        const name = `vmap: argument ${[at, paths[i]].filter((part) => part !== '').join('.')}`;
        const axis = axes[at] ?? null;
        return axis === null ? leaf : moveAxis(leaf, normalizeAxis(name, axis, leaf.rank), 0);
      }),
    );
    const given = rows.flatMap((leaves, at) =>
      leaves.map((tensor) => ({ tensor, each: (axes[at] ?? null) !== null })),
    );
    const size = sizeOf(given);
    const symbols = places.map(({ symbols }, at) => {
      let next = 0;
      return symbols((leaf) => {
        const tensor = rows[at]![next++]!;
        return (axes[at] ?? null) === null ? leaf : { shape: tensor.shape.slice(1), dtype: tensor.dtype };
      });
    });
    const result = fn(...(symbols.map(({ tree }) => tree) as unknown as Arguments));
    const results = placesOf(result);
    const body = close(
      symbols.flatMap(({ leaves }) => leaves),
      results.leaves,
    );
    const captured = body.inputs.slice(given.length).map((tensor) => ({ tensor, each: false }));
    const outputs = batchBody(body, [...given, ...captured], size).map((each) => repeated(each, size));
    return results.filled(
      outputs.map((output) => moveAxis(output, 0, normalizeAxis('vmap: outAxes', outAxes, output.rank))),
    );
  };
}

function sizeOf(given: readonly { readonly tensor: Tensor; readonly each: boolean }[]): number {
  const rows = given.filter(({ each }) => each).map(({ tensor }) => tensor);
  const [first] = rows;
  if (!first) throw new ShapeError('vmap: no argument has an axis of examples');
  const other = rows.find(({ shape }) => shape[0] !== first.shape[0]);
  if (other) {
    throw new ShapeError(
      `vmap: arguments have different numbers of examples: ${first.shape[0]} in ${formatShape(first.shape)} and ${other.shape[0]} in ${formatShape(other.shape)}`,
    );
  }
  return first.shape[0]!;
}
