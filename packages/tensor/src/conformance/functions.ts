import {
  categorical,
  checkpoint,
  cond,
  digamma,
  eigh,
  erfc,
  erfinv,
  exp2,
  exponential,
  gumbel,
  less,
  lgamma,
  log2,
  logAddExp,
  matMul,
  pseudoInverse,
  randint,
  randomKey,
  sum,
  svd,
  type Tensor,
  tanh,
  tensor,
  transpose,
  truncatedNormal,
  whileLoop,
} from '../index.js';
import { derived, numbers, type Program, program } from './program.js';

const [x, positive] = [numbers([3, 4], 1), tensor([0.3, 1.2, 2.5, 4.1, 7.7, 12])];
const key = randomKey(987654321);

const special: readonly Program[] = [
  derived('error functions', [x], (a) => [erfc(a.mul(3)), erfinv(a.mul(0.9))]),
  derived('gamma functions', [positive], (a) => [lgamma(a), digamma(a)]),
  derived('powers of two', [x, numbers([3, 4], 2)], (a, b) => [
    exp2(a),
    log2(a.square().add(1)),
    logAddExp(a, b),
  ]),
];

const control: readonly Program[] = [
  derived('cond', [x, numbers([3, 4], 2)], (a, b) =>
    cond(
      less(sum(a), sum(b)),
      (p: Tensor, q: Tensor) => p.mul(q),
      (p: Tensor, q: Tensor) => p.sub(q),
      a,
      b,
    ),
  ),
  program('whileLoop', [x], (a) =>
    whileLoop(
      (each: Tensor) => less(sum(each.square()), 1000),
      (each: Tensor) => each.mul(1.5),
      a,
    ),
  ),
  derived('checkpoint', [x, numbers([4, 4], 3)], (a, w) =>
    checkpoint((each: Tensor) => tanh(matMul(each, w)))(a),
  ),
];

/** Symmetric, with eigenvalues that are well apart. */
const symmetric = (a: Tensor): Tensor =>
  matMul(a, transpose(a)).add(
    tensor([
      [1, 0, 0],
      [0, 3, 0],
      [0, 0, 6],
    ]),
  );

const spectra: readonly Program[] = [
  derived('eigh', [numbers([3, 3], 4)], (a) => {
    const { values, vectors } = eigh(symmetric(a));
    return [values, matMul(vectors, transpose(vectors.mul(values.square())))];
  }),
  derived('singular values', [numbers([4, 3], 5)], (a) => [svd(a).values, pseudoInverse(a)]),
];

const chance: readonly Program[] = [
  program('whole numbers and categories', [key, numbers([6, 5], 6)], (k, logits) => [
    randint(k, [50], -3, 1000),
    categorical(k, logits),
  ]),
  program('distributions', [key], (k) => [gumbel(k, [30]), exponential(k, [30]), truncatedNormal(k, [30])]),
];

/** Special functions, branches, decompositions and distributions. */
export const functions: readonly Program[] = [...special, ...control, ...spectra, ...chance];
