import { columns, type HostArray, select } from '../dataset.js';
import { randomSource } from '../random.js';
import { int32 } from './arrays.js';
import type { TrainTest } from './batches.js';
import { requireShares, requireWhole } from './options.js';

const operations = {
  addition: (a: number, b: number) => a + b,
  subtraction: (a: number, b: number) => a - b,
  multiplication: (a: number, b: number) => a * b,
} as const;

export interface ModularArithmeticOptions {
  readonly seed: number;
  /** At least 2; 59 unless said. */
  readonly modulus?: number;
  /** 'addition' unless said. */
  readonly operation?: keyof typeof operations;
  /** Share of all pairs that is trained on, rounded down; 0.4 unless said. */
  readonly trainShare?: number;
}

/** Pairs of numbers with the result. */
export type ModularPairs = {
  /** `[n, 2]`, int32, from 0 to modulus - 1. */
  readonly operands: HostArray;
  /** `[n]`, int32, from 0 to modulus - 1. */
  readonly labels: HostArray;
};

/**
 * The whole table of an operation modulo a number, split at random into pairs to train on and pairs to test on
 * (arXiv 2501.04697).
 * @throws RangeError for a modulus that is not a whole number from 2 to 4096, another operation, and a share that leaves
 *   one side without pairs
 */
export function modularArithmetic({
  seed,
  modulus = 59,
  operation = 'addition',
  trainShare = 0.4,
}: ModularArithmeticOptions): TrainTest<ModularPairs> {
  requireWhole('modularArithmetic', { modulus }, 2);
  requireShares('modularArithmetic', { trainShare });
  if (modulus > 4096) {
    throw new RangeError(`modularArithmetic: modulus: got ${modulus}, expected at most 4096`);
  }
  if (!Object.hasOwn(operations, operation)) {
    throw new RangeError(
      `modularArithmetic: operation: got ${operation}, expected ${Object.keys(operations).join(', ')}`,
    );
  }
  const count = modulus ** 2;
  const cut = Math.floor(count * trainShare);
  if (cut === 0 || cut === count) {
    throw new RangeError(
      `modularArithmetic: trainShare: ${trainShare} of ${count} pairs leaves one side empty`,
    );
  }
  const operands = Int32Array.from({ length: 2 * count }, (_, i) =>
    i % 2 === 0 ? Math.floor(i / 2 / modulus) : ((i - 1) / 2) % modulus,
  );
  const labels = Int32Array.from({ length: count }, (_, i) => {
    const result = operations[operation](operands[2 * i]!, operands[2 * i + 1]!);
    return ((result % modulus) + modulus) % modulus;
  });
  const table = columns({ operands: int32(operands, [count, 2]), labels: int32(labels, [count]) });
  const order = randomSource(seed).permutation(count);
  return { train: select(table, order.subarray(0, cut)), test: select(table, order.subarray(cut)) };
}
