import {
  add,
  attention,
  bitwiseAnd,
  bitwiseNot,
  bitwiseXor,
  cholesky,
  dynamicSlice,
  dynamicUpdateSlice,
  eye,
  fakeQuantize,
  gatherNd,
  matMul,
  newtonSchulz,
  popCount,
  qr,
  quantizationOf,
  resize,
  scan,
  scatterAdd,
  scatterSet,
  segmentSum,
  shiftLeft,
  shiftRight,
  slogdet,
  solve,
  type Tensor,
  tanh,
  tensor,
  transpose,
} from '../index.js';
import { derived, numbers, type Program, program } from './program.js';

const [x, rows] = [numbers([3, 4], 1), tensor([2, 0, 2, 1], 'int32')];
const words = tensor([1, 2 ** 31, 0xdeadbeef, 12345], 'uint32');
const integers = tensor([7, -7, 2 ** 30, -3], 'int32');

const loops: readonly Program[] = [
  derived(
    'scan',
    [numbers([2, 3], 1), numbers([5, 2, 4], 2), numbers([4, 3], 3), numbers([3, 3], 4)],
    (state, xs, w, u) =>
      scan(
        (carry: Tensor, each: Tensor) => {
          const next = tanh(add(matMul(each, w), matMul(carry, u)));
          return [next, next.mul(2)];
        },
        state,
        xs,
      ),
  ),
];

const heads = (seed: number): Tensor => numbers([2, 2, 5, 4], seed);

const attentions: readonly Program[] = [
  derived('attention', [heads(1), heads(2), heads(3)], (q, k, v) => attention(q, k, v)),
  derived('causal attention', [heads(1), heads(2), heads(3)], (q, k, v) =>
    attention(q, k, v, { causal: true }),
  ),
];

const bits: readonly Program[] = [
  program('bits of uint32', [words], (a) => [
    bitwiseAnd(a, 0xff00ff),
    bitwiseXor(a, bitwiseNot(a)),
    shiftLeft(a, 3),
    shiftRight(a, 5),
    popCount(a),
  ]),
  program('bits of int32', [integers], (a) => [
    bitwiseNot(a),
    shiftRight(a, 1),
    shiftLeft(a, 1),
    popCount(a),
  ]),
];

const scattering: readonly Program[] = [
  derived('scatterAdd and segmentSum', [x, numbers([4, 4], 5)], (a, updates) => [
    scatterAdd(a, rows, updates),
    segmentSum(updates, rows, 3),
  ]),
  derived('scatterSet', [x, numbers([2, 4], 5)], (a, updates) =>
    scatterSet(a, tensor([2, 0], 'int32'), updates),
  ),
  derived('gatherNd', [x], (a) =>
    gatherNd(
      a,
      tensor(
        [
          [0, 1],
          [2, 3],
          [0, 1],
        ],
        'int32',
      ),
    ),
  ),
  derived('dynamic slices', [x, numbers([2, 4], 6), tensor(1, 'int32')], (a, update, start) => [
    dynamicSlice(a, start, 2),
    dynamicUpdateSlice(a, update, start),
  ]),
];

/** Symmetric, and far from singular. */
const definite = (a: Tensor): Tensor => matMul(a, transpose(a)).add(eye(4).mul(3));

const algebra: readonly Program[] = [
  derived('cholesky', [numbers([4, 4], 7)], (a) => cholesky(definite(a))),
  derived('solve', [numbers([4, 4], 7), numbers([4, 2], 8)], (a, b) => solve(definite(a), b)),
  derived('determinants', [numbers([4, 4], 7)], (a) => slogdet(definite(a)).logAbs),
  derived('qr', [numbers([5, 3], 9)], (a) => {
    const { q, r } = qr(a);
    return [q, r];
  }),
  derived('newtonSchulz', [numbers([3, 5], 9)], (a) => newtonSchulz(a)),
];

const quantization: readonly Program[] = [
  derived('fakeQuantize', [numbers([4, 6], 10)], (a) => [
    fakeQuantize(a, { scale: 0.1, bits: 4 }),
    fakeQuantize(a, quantizationOf({ low: tensor(-0.7), high: tensor(0.9) })),
  ]),
];

const resizing: readonly Program[] = [
  derived('bicubic and nearest', [numbers([1, 2, 4, 5], 11)], (a) => [
    resize(a, [7, 3], { mode: 'bicubic' }),
    resize(a, [3, 8], { mode: 'nearest' }),
  ]),
];

/** Loops, attention, bits, scattering, linear algebra and quantization. */
export const structures: readonly Program[] = [
  ...loops,
  ...attentions,
  ...bits,
  ...scattering,
  ...algebra,
  ...quantization,
  ...resizing,
];
