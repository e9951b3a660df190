import {
  abs,
  acos,
  all,
  any,
  argMax,
  argMin,
  argSort,
  asinh,
  atan2,
  averagePool,
  batchNorm,
  batchNormInference,
  bernoulli,
  broadcastTo,
  cast,
  ceil,
  concat,
  conv,
  convTranspose,
  cos,
  cosh,
  cumSum,
  diag,
  diagonal,
  div,
  einsum,
  elu,
  equal,
  erf,
  exp,
  expm1,
  flip,
  floor,
  floorDivide,
  foldIn,
  gelu,
  globalMaxPool,
  greater,
  groupNorm,
  hardSwish,
  layerNorm,
  leakyRelu,
  less,
  log,
  log1p,
  logicalAnd,
  logicalNot,
  logSoftmax,
  logSumExp,
  matMul,
  max,
  maximum,
  maxPool,
  mean,
  min,
  minimum,
  mish,
  mul,
  neg,
  normal,
  oneHot,
  pad,
  padEdge,
  padReflect,
  permutation,
  pixelShuffle,
  pow,
  prod,
  randomBits,
  randomKey,
  relu,
  remainder,
  reshape,
  resizeBilinear,
  rmsNorm,
  roll,
  round,
  shuffle,
  sigmoid,
  sign,
  silu,
  sin,
  slice,
  softmax,
  softplus,
  sort,
  splitKey,
  sqrt,
  square,
  stack,
  sub,
  sum,
  take,
  takeAlong,
  tan,
  tanh,
  tensor,
  tile,
  topK,
  transpose,
  triangle,
  tril,
  triu,
  trunc,
  uniform,
  upsampleNearest,
  variance,
  where,
} from '../index.js';
import { functions } from './functions.js';
import { derived, numbers, type Program, program } from './program.js';
import { structures } from './structures.js';
import { trainings } from './trainings.js';

const [x, y] = [numbers([3, 4], 1), numbers([3, 4], 2)];
const positive = tensor([0.3, 1.2, 2.5, 4.1, 7.7, 0.01]);
const images = numbers([2, 4, 6, 6], 3);
const indices = tensor([2, 0, 2, 1, 2], 'int32');
const integers = tensor([7, -7, 5, -5, 12, -3], 'int32');
const divisors = tensor([3, 3, -2, -2, 5, -4], 'int32');
const key = randomKey(123456789);

const elementwise: readonly Program[] = [
  derived('arithmetic', [x, y], (a, b) => [a.add(b), sub(a, b), mul(a, b), div(a, b.add(2)), neg(a)]),
  derived('broadcasting', [x, numbers([4], 4)], (a, b) => [a.mul(b), maximum(a, b), minimum(a, 0.1)]),
  derived('powers', [positive], (a) => [sqrt(a), square(a), pow(a, 1.7), exp(neg(a)), log(a)]),
  derived('exponentials', [positive], (a) => [expm1(a), log1p(a), softplus(a), logSumExp(a, { axis: 0 })]),
  // WGSL lets sine and cosine be off by 2⁻¹¹.
  { ...derived('circles', [x], (a) => [sin(a), cos(a), tan(a)]), toleranceOnGpu: 2 ** -10 },
  derived('trigonometry', [x], (a) => [acos(a), cosh(a), asinh(a), tanh(a)]),
  derived('angles', [x, y], (a, b) => atan2(a, b)),
  derived('activations', [x], (a) => [relu(a), sigmoid(a), gelu(a), silu(a), mish(a), elu(a), leakyRelu(a)]),
  derived('hard activations and erf', [x], (a) => [hardSwish(a.mul(5)), erf(a.mul(2)), abs(a)]),
  program('rounding', [x.mul(5)], (a) => [floor(a), ceil(a), round(a), trunc(a), sign(a)]),
  program('comparisons', [x, y], (a, b) => [
    greater(a, b),
    equal(a, a),
    logicalAnd(less(a, b), logicalNot(greater(a, 0))),
    cast(greater(a, b), 'float32'),
  ]),
  derived('where', [x, y], (a, b) => where(greater(a, b), a.mul(3), b.mul(b))),
  program('integers', [integers, divisors], (a, b) => [
    a.add(b),
    a.mul(b),
    remainder(a, b),
    floorDivide(a, b),
    cast(a, 'float32'),
    cast(a, 'int64').mul(tensor(3, 'int64')),
  ]),
];

const movement: readonly Program[] = [
  derived('reshape and transpose', [x], (a) => [transpose(a), reshape(a, [2, 6]), broadcastTo(a, [2, 3, 4])]),
  derived('slices', [x], (a) => [slice(a, [1, 0], [3, 3]), slice(a, [0, 3], [3], [1, -2])]),
  derived('joining', [x, y], (a, b) => [concat([a, b], 1), stack([a, b], 1), tile(a, [2, 1])]),
  derived('padding', [x], (a) => [
    pad(a, [1, 0], [0, 2]),
    padEdge(a, [1, 1], [1, 0]),
    padReflect(a, [1, 2], [0, 1]),
  ]),
  derived('flip and roll', [x], (a) => [flip(a, 1), roll(a, 1), tril(a), triu(a, 1)]),
  derived('diagonals', [numbers([4, 4])], (a) => [diagonal(a), diag(diagonal(a, 1))]),
];

const reductions: readonly Program[] = [
  derived('sums and means', [x], (a) => [
    sum(a, { axis: 0 }),
    mean(a, { axis: 1 }),
    variance(a, { axis: 1 }),
  ]),
  derived('extremes', [x], (a) => [max(a, { axis: 1 }), min(a, { axis: 0 }), max(a)]),
  derived('products', [x], (a) => prod(a, { axis: 1 })),
  derived('running sums', [x], (a) => [cumSum(a), cumSum(a, { axis: 0, reverse: true, exclusive: true })]),
  program('where the extremes are', [x], (a) => [argMax(a, 1), argMin(a, 0)]),
  program('any and all', [x, y], (a, b) => [any(greater(a, b), { axis: 1 }), all(less(a, 1), { axis: 0 })]),
  derived('softmax', [x], (a) => [softmax(a), logSoftmax(a, 0)]),
];

const products: readonly Program[] = [
  derived('matMul', [x, numbers([4, 5], 5)], (a, b) => matMul(a, b)),
  derived('matMul of batches, transposed', [numbers([2, 4, 3]), numbers([2, 5, 4])], (a, b) =>
    matMul(a, b, { transposeA: true, transposeB: true }),
  ),
  derived('matMul of a large sum', [numbers([5, 300], 1), numbers([300, 7], 2)], (a, b) => matMul(a, b)),
  derived('einsum', [numbers([2, 3, 4]), numbers([4, 3])], (a, b) => einsum('bij,jk->bik', a, b)),
];

const pictures: readonly Program[] = [
  derived('conv', [images, numbers([5, 4, 3, 3], 6)], (a, w) => conv(a, w, { padding: 1 })),
  derived('conv with strides and dilation', [images, numbers([5, 4, 2, 2], 6)], (a, w) =>
    conv(a, w, { strides: 2, dilation: 2, padding: [[1, 0], 1] }),
  ),
  derived('conv in groups', [images, numbers([6, 2, 3, 3], 6)], (a, w) => conv(a, w, { groups: 2 })),
  derived('conv in groups of many outputs', [images, numbers([12, 2, 3, 3], 6)], (a, w) =>
    conv(a, w, { groups: 2, strides: 2 }),
  ),
  derived('conv in groups of one channel', [images, numbers([8, 1, 3, 3], 6)], (a, w) =>
    conv(a, w, { groups: 4, padding: 1 }),
  ),
  derived('conv, depthwise', [images, numbers([4, 1, 3, 3], 6)], (a, w) =>
    conv(a, w, { groups: 4, padding: 'same' }),
  ),
  derived('conv, many channels', [numbers([2, 32, 5, 5]), numbers([32, 32, 3, 3])], (a, w) =>
    conv(a, w, { padding: 1 }),
  ),
  derived('conv of points', [images, numbers([5, 4, 1, 1], 6)], (a, w) => conv(a, w)),
  derived('convTranspose', [images, numbers([4, 3, 3, 3], 6)], (a, w) =>
    convTranspose(a, w, { strides: 2, padding: 1, outputPadding: 1 }),
  ),
  derived('maxPool', [images], (a) => [maxPool(a, { kernel: 2 }), globalMaxPool(a)]),
  derived('maxPool with overlaps', [images], (a) => maxPool(a, { kernel: 3, strides: 2, padding: 1 })),
  derived('averagePool', [images], (a) =>
    averagePool(a, { kernel: 3, strides: 2, padding: 1, countPadding: false }),
  ),
  derived('resizing', [images], (a) => [
    upsampleNearest(a, 2),
    resizeBilinear(a, [4, 9]),
    pixelShuffle(a, 2),
  ]),
];

const normalizations: readonly Program[] = [
  derived('layerNorm and rmsNorm', [x, numbers([4], 7), numbers([4], 8)], (a, scale, shift) => [
    layerNorm(a, { scale, shift }),
    rmsNorm(a, { scale }),
  ]),
  derived('groupNorm', [images], (a) => groupNorm(a, 2)),
  derived('batchNorm', [images, numbers([4], 7), numbers([4], 8)], (a, scale, shift) => {
    const before = { mean: numbers([4], 9), variance: numbers([4], 10).add(2) };
    const { output, running } = batchNorm(a, before, { scale, shift });
    return [output, running.mean, running.variance, batchNormInference(a, before, { scale, shift })];
  }),
];

const gathering: readonly Program[] = [
  derived('take', [x], (a) => [take(a, indices), take(a, tensor([[3, 0]], 'int32'), 1)]),
  derived('takeAlong', [x], (a) =>
    takeAlong(
      a,
      tensor(
        [
          [0, 3],
          [1, 1],
          [2, 0],
        ].flat(),
        { dtype: 'int32', shape: [3, 2] },
      ),
    ),
  ),
  program('oneHot and triangle', [indices], (a) => [oneHot(a, 4), triangle(3, 4, 1)]),
];

const ordering: readonly Program[] = [
  derived('sort', [x], (a) => [sort(a).values, sort(a, { axis: 0, descending: true }).values]),
  derived('topK', [x], (a) => topK(a, 2).values),
  program('orders', [x, integers], (a, b) => [
    argSort(a),
    argSort(b, { descending: true }),
    topK(a, 3).indices,
  ]),
];

const chance: readonly Program[] = [
  program('random bits', [key], (k) => [randomBits(k, [5, 7]), ...splitKey(k, 3), foldIn(k, 42)]),
  program('random numbers', [key], (k) => [uniform(k, [64]), normal(k, [3, 5]), bernoulli(k, 0.3, [40])]),
  program('permutations', [key, x], (k, a) => [permutation(k, 20), shuffle(k, a)]),
];

const double: readonly Program[] = [
  derived('float64', [cast(x, 'float64'), cast(y, 'float64')], (a, b) => [
    matMul(a, transpose(b)),
    softmax(a),
    sqrt(square(b).add(1)),
  ]),
  derived('float64 images', [cast(images, 'float64')], (a) => maxPool(a, { kernel: 2 })),
];

/** What every runtime must compute alike: each family of operations, forward and backward, and whole training runs. */
export const programs: readonly Program[] = [
  ...elementwise,
  ...movement,
  ...reductions,
  ...products,
  ...pictures,
  ...normalizations,
  ...gathering,
  ...ordering,
  ...chance,
  ...double,
  ...structures,
  ...functions,
  ...trainings,
];
