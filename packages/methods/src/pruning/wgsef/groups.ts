import type { ChannelGroup } from '@evenkeel/nn';
import {
  add,
  concat,
  flatten,
  formatShape,
  greater,
  mul,
  reshape,
  type Shape,
  segmentSum,
  sizeOf,
  slice,
  sqrt,
  sum,
  type Tensor,
  take,
  tensor,
  where,
  withLeaves,
} from '@evenkeel/tensor';

/** Which elements of one parameter belong to which group. */
export type GroupPart =
  | {
      /** Path of the parameter, as in `flatten`: `hidden.weight`. */
      readonly path: string;
      /**
       * Each combination of indices of these axes is a group, in order: [0] the rows of a matrix and the filters of a
       * convolution `[outputs, inputs, height, width]`, [1] columns and channels, [1, 2, 3] the shapes of filters, [] the whole
       * parameter as one group, all axes every element by itself.
       */
      readonly axes: readonly number[];
    }
  | {
      readonly path: string;
      /** For each group, indices into the parameter's elements, row by row. Every element stands in one group. */
      readonly indices: readonly (readonly number[])[];
    };

/**
 * Groups that are made of one parameter or several: group j of a set is group j of all its parts. The hidden neurons of a
 * linear layer `[inputs, outputs]` with their biases are
 * `[{ path: 'hidden.weight', axes: [1] }, { path: 'hidden.bias', axes: [0] }]`.
 */
export type GroupSet = readonly GroupPart[];

/**
 * What makes the channels of a group that `channelGroups` found: weights and biases, as one set. A channel all of whose
 * parts are 0 is 0 wherever it goes, unless a normalization shifts it.
 */
export function channelSet(group: ChannelGroup): GroupSet {
  return group.places
    .filter(({ role }) => role === 'makes')
    .map(({ path, axis, channelOf }) => {
      const same = channelOf.length === group.channels && channelOf.every((channel, i) => channel === i);
      if (!same)
        throw new RangeError(
          `channelSet: ${path} has other channels than those of "${group.name}" on axis ${axis}`,
        );
      return { path, axes: [axis] };
    });
}

/** A part with what is known of its parameter. */
interface ResolvedPart {
  readonly leaf: number;
  readonly count: number;
  /** Elements of each group. */
  readonly sizes: readonly number[];
  /** Sums of squares by group, `[count]`. */
  squares(x: Tensor): Tensor;
  /** The elements times their group's factor `[count]`. */
  scaled(x: Tensor, factors: Tensor): Tensor;
}

/** Groups of the parameters of a model, sets one after the other. */
export interface Groups {
  readonly count: number;
  readonly sizes: readonly number[];
  /** ‖w_j‖ `[count]`. */
  norms(params: unknown): Tensor;
  /** The model with the elements of each group times a factor `[count]`; all others as they are. */
  scaled<Params>(params: Params, factors: Tensor): Params;
}

/**
 * Finds the groups in a model.
 * @throws RangeError for a parameter that is not there or is named twice, axes it does not have, indices that overlap or
 *   leave elements out, known values that are not finite, and parts of a set with different numbers of groups
 */
export function groupsIn(name: string, params: unknown, sets: readonly GroupSet[]): Groups {
  const { leaves, paths } = flatten(params);
  const seen = new Set<number>();
  const resolved = sets.map((set) =>
    set.map((part) => {
      const found = resolve(name, part, leaves, paths);
      if (seen.has(found.leaf)) throw new RangeError(`${name}: ${part.path} is in two groups of parameters`);
      seen.add(found.leaf);
      return found;
    }),
  );
  if (seen.size === 0) throw new RangeError(`${name}: groups: got none`);
  const counts = resolved.map((parts, i) => {
    const wrong = parts.findIndex(({ count }) => count !== parts[0]!.count);
    if (parts.length === 0 || wrong >= 0) {
      const found = parts.map(({ count }, at) => `${sets[i]![at]!.path}: ${count}`).join(', ') || 'none';
      throw new RangeError(`${name}: parts of a set must have equally many groups, got ${found}`);
    }
    return parts[0]!.count;
  });
  const sizes = resolved.flatMap((parts, i) =>
    Array.from({ length: counts[i]! }, (_, group) =>
      parts.reduce((all, part) => all + part.sizes[group]!, 0),
    ),
  );
  return {
    count: sizes.length,
    sizes,
    norms(given) {
      const tensors = flatten(given).leaves;
      const squares = resolved.map((parts) =>
        parts.map((part) => part.squares(tensors[part.leaf]!)).reduce(add),
      );
      return rootOf(squares.length === 1 ? squares[0]! : concat(squares));
    },
    scaled(given, factors) {
      const tensors = [...flatten(given).leaves];
      let from = 0;
      resolved.forEach((parts, i) => {
        const own = slice(factors, [from], [from + counts[i]!]);
        from += counts[i]!;
        for (const part of parts) tensors[part.leaf] = part.scaled(tensors[part.leaf]!, own);
      });
      return withLeaves(given, tensors);
    },
  };
}

/** √x, with derivative 0 at 0. */
function rootOf(squares: Tensor): Tensor {
  const positive = greater(squares, 0);
  return where(positive, sqrt(where(positive, squares, 1)), 0);
}

function resolve(
  name: string,
  part: GroupPart,
  leaves: readonly Tensor[],
  paths: readonly string[],
): ResolvedPart {
  const leaf = paths.indexOf(part.path);
  if (leaf < 0)
    throw new RangeError(`${name}: there is no parameter "${part.path}"; there are ${paths.join(', ')}`);
  const { shape, value } = leaves[leaf]!;
  const wrong = value && Array.from(value.data, Number).find((each) => !Number.isFinite(each));
  if (wrong !== undefined) throw new RangeError(`${name}: ${part.path} must be finite, got ${wrong}`);
  return {
    leaf,
    ...('axes' in part
      ? byAxes(`${name}: ${part.path}`, shape, part.axes)
      : byIndices(`${name}: ${part.path}`, shape, part.indices)),
  };
}

function byAxes(name: string, shape: Shape, axes: readonly number[]): Omit<ResolvedPart, 'leaf'> {
  const wrong = axes.find((axis, i) => !(axis in shape) || (i > 0 && axis <= axes[i - 1]!));
  if (wrong !== undefined)
    throw new RangeError(
      `${name}: axes: got [${axes}], expected axes of ${formatShape(shape)} in rising order`,
    );
  const others = shape.flatMap((_, axis) => (axes.includes(axis) ? [] : [axis]));
  const kept = shape.map((length, axis) => (axes.includes(axis) ? length : 1));
  const count = sizeOf(kept);
  return {
    count,
    sizes: Array.from({ length: count }, () => sizeOf(shape) / count),
    squares: (x) => reshape(others.length > 0 ? sum(x.square(), { axis: others }) : x.square(), [count]),
    scaled: (x, factors) => mul(x, reshape(factors, kept)),
  };
}

function byIndices(
  name: string,
  shape: Shape,
  indices: readonly (readonly number[])[],
): Omit<ResolvedPart, 'leaf'> {
  const groupOf = new Int32Array(sizeOf(shape)).fill(-1);
  indices.forEach((each, group) => {
    if (each.length === 0) throw new RangeError(`${name}: group ${group} is empty`);
    for (const index of each) {
      if (!(index in groupOf))
        throw new RangeError(`${name}: group ${group} has index ${index} of ${groupOf.length} elements`);
      if (groupOf[index] !== -1)
        throw new RangeError(`${name}: groups ${groupOf[index]} and ${group} both have element ${index}`);
      groupOf[index] = group;
    }
  });
  const missing = groupOf.indexOf(-1);
  if (missing >= 0) throw new RangeError(`${name}: no group has element ${missing}`);
  const labels = tensor(groupOf, { dtype: 'int32', shape: [groupOf.length] });
  return {
    count: indices.length,
    sizes: indices.map((each) => each.length),
    squares: (x) => segmentSum(reshape(x.square(), [groupOf.length]), labels, indices.length),
    scaled: (x, factors) => mul(x, reshape(take(factors, labels), shape)),
  };
}
