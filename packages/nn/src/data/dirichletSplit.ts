import { requireSteps } from '../optimizers/options.js';
import { logGamma } from './gamma.js';
import { samplesByClass } from './labels.js';
import { type RandomSource, randomSource } from './random.js';

/** Bounds of what clients get. */
export interface DirichletSplitOptions {
  /** Samples that each client has at least: the split is drawn again until it is so. 1 unless said. */
  readonly minimum?: number;
  /** Whether a client that has the average number of samples gets none of the classes that are dealt later; no unless said. */
  readonly capped?: boolean;
}

const attempts = 1000;

/**
 * Deals samples to clients unevenly, as in federated learning (arXiv 1905.12022): of each class, client k gets the share
 * pₖ with p ~ Dirichlet(alpha, …, alpha). A small `alpha` gives each client few classes, a large one an even mixture.
 * Classes are dealt in ascending order.
 * @param labels the class of each sample, a non-negative integer
 * @param alpha above 0
 * @returns for each client the numbers of its samples in random order; together they are all samples, each once
 * @throws RangeError when options are out of range, or when no split in 1000 gives each client the minimum
 */
export function dirichletSplit(
  labels: ArrayLike<number>,
  clients: number,
  alpha: number,
  seed: number,
  { minimum = 1, capped = false }: DirichletSplitOptions = {},
): Int32Array<ArrayBuffer>[] {
  requireSteps('dirichletSplit', 'clients', clients);
  if (!(alpha > 0 && Number.isFinite(alpha))) {
    throw new RangeError(`dirichletSplit: alpha must be above 0, got ${alpha}`);
  }
  if (!(Number.isInteger(minimum) && minimum >= 0 && minimum * clients <= labels.length)) {
    throw new RangeError(
      `dirichletSplit: minimum must be an integer from 0 to ${Math.floor(labels.length / clients)}, got ${minimum}`,
    );
  }
  const classes = [...samplesByClass('dirichletSplit', labels).values()];
  const random = randomSource(seed);
  for (let attempt = 0; attempt < attempts; attempt++) {
    const parts = deal(classes, clients, alpha, capped ? labels.length / clients : Infinity, random);
    if (parts.every((part) => part.length >= minimum)) {
      return parts.map((part) => Int32Array.from(random.shuffle(part)));
    }
  }
  throw new RangeError(
    `dirichletSplit: no split in ${attempts} gave each of ${clients} clients ${minimum} of ${labels.length} samples at alpha ${alpha}`,
  );
}

function deal(
  classes: readonly (readonly number[])[],
  clients: number,
  alpha: number,
  most: number,
  random: RandomSource,
): number[][] {
  const parts: number[][] = Array.from({ length: clients }, () => []);
  for (const samples of classes) {
    const shares = dirichlet(
      parts.map((part) => (part.length < most ? alpha : 0)),
      random,
    );
    const order = random.shuffle(samples);
    let [dealt, share] = [0, 0];
    parts.forEach((part, client) => {
      share += shares[client]!;
      const upTo = client === clients - 1 ? order.length : Math.round(share * order.length);
      for (; dealt < upTo; dealt++) part.push(order[dealt]!);
    });
  }
  return parts;
}

/** Shares from a Dirichlet distribution; those with concentration 0 are 0. */
function dirichlet(concentrations: readonly number[], random: RandomSource): number[] {
  // In logarithms, since gamma variables of a small concentration are below the smallest number.
  const logs = concentrations.map((each) => (each > 0 ? logGamma(each, random) : -Infinity));
  const largest = Math.max(...logs);
  const weights = logs.map((log) => Math.exp(log - largest));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return weights.map((weight) => weight / total);
}
