import { type Application, applyAll } from '../graph/primitive.js';
import type { Shape } from '../graph/shape.js';
import type { Tensor } from '../graph/tensor.js';
import { reshape } from '../ops/broadcast.js';
import { add, cast, less, mul, where } from '../ops/elementwise.js';
import { iota, take } from '../ops/gather.js';
import { type MatMulOptions, matMul } from '../ops/matMul.js';
import { transpose } from '../ops/movement.js';
import { aligned, type Batched, type BatchRule, repeated } from './batch.js';

// Rules for the operations, by name. What has none is done example by example in a loop.

/** The same operation on other inputs. */
const again = ({ primitive, attributes }: Application, inputs: readonly Tensor[], changes: object = {}) =>
  applyAll(primitive, inputs, { ...attributes, ...changes });

const all = (inputs: readonly Batched[], size: number) => inputs.map((input) => repeated(input, size));

const elementwise: BatchRule = (application, inputs) =>
  again(
    application,
    inputs.map((input) => aligned(input, application.output.rank)),
  );

/** Operations along `axis` or `axes`, which are counted from the front: they move back by one. */
const alongAxes: BatchRule = (application, inputs, size) => {
  const { axis, axes } = application.attributes as { axis?: number; axes?: readonly number[] };
  const moved = axis === undefined ? { axes: axes!.map((each) => each + 1) } : { axis: axis + 1 };
  return again(application, all(inputs, size), moved);
};

/** Operations with lists of one number an axis: `first` says what goes for the axis of examples. */
const withLists =
  (first: (size: number) => Readonly<Record<string, number>>): BatchRule =>
  (application, [input], size) => {
    const lists = Object.entries(first(size)).map(([name, number]) => {
      const list = (application.attributes as Record<string, readonly number[]>)[name]!;
      return [name, [number, ...list]];
    });
    return again(application, [aligned(input!, application.inputs[0]!.rank)], Object.fromEntries(lists));
  };

const broadcast: BatchRule = (application, [input], size) =>
  again(application, [aligned(input!, application.output.rank)], {
    shape: [size, ...application.output.shape],
  });

const permute: BatchRule = (application, [input]) => {
  const { permutation } = application.attributes as { permutation: readonly number[] };
  return again(application, [input!.tensor], { permutation: [0, ...permutation.map((axis) => axis + 1)] });
};

const product: BatchRule = ({ attributes, output }, inputs) => {
  const [a, b] = inputs.map((input) => aligned(input, output.rank)) as [Tensor, Tensor];
  return [matMul(a, b, attributes as MatMulOptions)];
};

/** [size, n, …] as [size · n, …], and back. */
const merged = (tensor: Tensor): Tensor => reshape(tensor, [-1, ...tensor.shape.slice(2)]);
const parted = (tensor: Tensor, size: number, shape: Shape): Tensor => reshape(tensor, [size, ...shape]);

/** Operations on images, which take more images at once; a result's `shape` is one of its attributes. */
const moreImages: BatchRule = (application, inputs, size) => {
  const { shape } = application.attributes as { shape?: Shape };
  const changes = shape && { shape: [size * shape[0]!, ...shape.slice(1)] };
  const [result] = again(
    application,
    [merged(repeated(inputs[0]!, size)), ...inputs.slice(1).map(({ tensor }) => tensor)],
    changes,
  );
  return [parted(result!, size, application.output.shape)];
};

/** Operations on several images of one batch. */
const moreOfAll: BatchRule = (application, inputs, size) => {
  const [result] = again(
    application,
    all(inputs, size).map((images) => merged(images)),
  );
  return [parted(result!, size, application.output.shape)];
};

/** [size, n, c, …] as [n, size · c, …]: examples as groups of channels. */
function asGroups(images: Tensor): Tensor {
  const [size, n, c, ...rest] = images.shape as [number, number, number, ...number[]];
  const axes = images.shape.map((_, axis) => axis);
  return reshape(transpose(images, [1, 0, ...axes.slice(2)]), [n, size * c, ...rest]);
}

/** Undoes `asGroups` for images of `shape`. */
function fromGroups(images: Tensor, size: number, [n, c, ...rest]: Shape): Tensor {
  const apart = reshape(images, [n!, size, c!, ...rest]);
  return transpose(apart, [1, 0, ...apart.shape.map((_, axis) => axis).slice(2)]);
}

/** Convolutions by shared weights take more images at once; with weights for each example, examples are groups. */
const convolution =
  (of: 'images' | 'weights'): BatchRule =>
  (application, inputs, size) => {
    const { groups, shape } = application.attributes as { groups: number; shape?: Shape };
    if (of === 'images' && !inputs[1]!.each) return moreImages(application, inputs, size);
    const [a, b] = all(inputs, size) as [Tensor, Tensor];
    const { output } = application;
    if (of === 'weights') {
      const [result] = again(application, [asGroups(a), asGroups(b)], {
        groups: size * groups,
        shape: [size * shape![0]!, ...shape!.slice(1)],
      });
      return [parted(result!, size, output.shape)];
    }
    const changes = shape && { shape: [shape[0], size * shape[1]!, ...shape.slice(2)] };
    const [result] = again(application, [asGroups(a), merged(b)], { groups: size * groups, ...changes });
    return [fromGroups(result!, size, output.shape)];
  };

/** Indices into the rows of each example as indices into those of all; negative ones count from the end. */
function ownRows(indices: Tensor, size: number, rows: number): Tensor {
  const firsts = mul(cast(iota(size), indices.dtype), rows);
  const fromFront = where(less(indices, 0), add(indices, rows), indices);
  return add(fromFront, reshape(firsts, [size, ...indices.shape.slice(1).map(() => 1)]));
}

const takeRows: BatchRule = (application, [input, indices], size) => {
  if (!input!.each) return again(application, [input!.tensor, indices!.tensor]);
  if (!indices!.each) return [take(input!.tensor, indices!.tensor, 1)];
  const rows = application.inputs[0]!.shape[0]!;
  return again(application, [merged(input!.tensor), ownRows(indices!.tensor, size, rows)]);
};

const addRows: BatchRule = (application, inputs, size) => {
  const { rows } = application.attributes as { rows: number };
  const [updates, indices] = all(inputs, size) as [Tensor, Tensor];
  const [sums] = again(application, [updates, ownRows(indices, size, rows)], { rows: size * rows });
  return [parted(sums!, size, application.output.shape)];
};

const afterRule: BatchRule = (application, [input, other], size) =>
  again(application, [repeated(input!, size), other!.tensor]);

const named = (rule: BatchRule, names: string) => names.split(' ').map((name) => [name, rule] as const);

export const batchRules: ReadonlyMap<string, BatchRule> = new Map([
  ...named(
    elementwise,
    'identity stopGradient straightThrough cast neg abs sign exp log sqrt sin cos tan tanh sinh cosh asin acos atan ' +
      'asinh acosh atanh sigmoid relu gelu leakyRelu hardSigmoid softplus erf expm1 log1p floor ceil round trunc ' +
      'isNaN isInfinite logicalNot bitwiseNot add sub mul div pow maximum minimum remainder floorDivide atan2 ' +
      'logAddExp equal less lessEqual greater greaterEqual logicalAnd logicalOr logicalXor bitwiseAnd bitwiseOr ' +
      'bitwiseXor where clip',
  ),
  ...named(
    alongAxes,
    'sum max flip standardize inverseSpread centre softmax logSoftmax argMax argMin cumSum topIndices concat takeAlong addAlong',
  ),
  ['reshape', withLists((size) => ({ shape: size }))],
  ['slice', withLists((size) => ({ starts: 0, ends: size }))],
  ['stridedSlice', withLists((size) => ({ starts: 0, steps: 1, shape: size }))],
  ['pad', withLists(() => ({ before: 0, after: 0 }))],
  ['broadcastTo', broadcast],
  ['transpose', permute],
  ['matMul', product],
  ['take', takeRows],
  ['addRows', addRows],
  ...named(moreImages, 'unfold fold upsampleNearest windowMeans spreadMeans'),
  ...named(moreOfAll, 'takeMaxima spreadMaxima'),
  ...named(convolution('images'), 'conv convInputGrad'),
  ['convWeightGrad', convolution('weights')],
  ['after', afterRule],
]);
