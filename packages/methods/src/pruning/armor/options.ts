import type { NToMPattern } from '@evenkeel/nn';
import type { Tensor } from '@evenkeel/tensor';
import type { GroupDamping, GroupSelection } from './coreStep.js';
import type { NormOptions } from './normalize.js';
import { type ImportanceOptions, requireWeight, twoOfFour } from './nToM.js';

/** How weights are factored. */
export interface FactorOptions
  extends Omit<ImportanceOptions, 'importance'>,
    NormOptions,
    GroupSelection,
    GroupDamping {
  /**
   * Sides of the blocks of A and of B: one for both, or one each. 128 unless said, as in the paper, of whose wide layers that
   * is a few per cent.
   */
  readonly blockSize?: number | { readonly left: number; readonly right: number };
  /** 20,000 unless said. */
  readonly iterations?: number;
  /** Of Adam; 1e-4 unless said. Small matrices and few iterations want more. */
  readonly learningRate?: number;
  /**
   * Factoring ends when the loss has not improved for so many iterations in a row, by 1e-6 of itself and by 1e-8; 100
   * unless said.
   */
  readonly patience?: number;
  /**
   * Whether the best factors seen are returned, so that the loss is never above the start's: Adam's steps have no such
   * guarantee. True unless said; the official code returns the last.
   */
  readonly keepBest?: boolean;
  /** Of the draws of groups: an integer of at least 0, which it is unless said. */
  readonly seed?: number;
  /** Stops between two iterations: throws the signal's reason. */
  readonly signal?: AbortSignal | undefined;
  /** Is told what may be a mistake. */
  readonly onWarning?: (message: string) => void;
}

/** How one weight is factored. */
export interface ArmorOptions extends FactorOptions, ImportanceOptions {
  /** Added to the layer's products; it is not changed. */
  readonly bias?: Tensor | undefined;
}

/** What may be a mistake in a pattern: all C(m, n) supports of a group are tried each time. */
export function warnOfSupports({ n, m }: NToMPattern, onWarning: FactorOptions['onWarning']): void {
  let supports = 1;
  for (let i = 1; i <= n; i++) supports = (supports * (m - n + i)) / i;
  if (supports > 100)
    onWarning?.(`armor: ${n} of ${m} has ${supports} supports, which are all tried in each step`);
}

/**
 * Sides of the blocks of A and B, when all is well with a weight and options.
 * @throws ShapeError for a weight of another rank; RangeError for weights that are not finite and float, block sizes that do
 *   not divide the axes, a pattern that does not divide the inputs or the blocks, and options that make no sense
 */
export async function requireFactorable(
  weight: Tensor,
  options: FactorOptions,
): Promise<readonly [left: number, right: number]> {
  const { pattern = twoOfFour, blockSize = 128 } = options;
  await requireWeight('armor', weight, pattern);
  requireNumbers(options);
  const { left, right } = typeof blockSize === 'number' ? { left: blockSize, right: blockSize } : blockSize;
  const [outputs, inputs] = weight.shape as [number, number];
  requireSide(left, outputs, 'outputs');
  requireSide(right, inputs, 'inputs');
  if (right % pattern.m !== 0)
    throw new RangeError(`armor: blockSize: got ${right} for inputs, expected a multiple of ${pattern.m}`);
  return [left, right];
}

function requireSide(side: number, length: number, of: string): void {
  if (!(Number.isInteger(side) && side >= 1 && length % side === 0))
    throw new RangeError(`armor: blockSize: got ${side}, expected a divisor of ${length} ${of}`);
}

function requireNumbers({
  iterations = 1,
  patience = 1,
  choice = 'sampled',
  norm = 'L1',
  seed = 0,
  ...options
}: FactorOptions): void {
  for (const [name, count] of Object.entries({ iterations, patience })) {
    if (!(Number.isInteger(count) && count >= 1))
      throw new RangeError(`armor: ${name}: got ${count}, expected an integer of at least 1`);
  }
  if (!(Number.isSafeInteger(seed) && seed >= 0))
    throw new RangeError(`armor: seed: got ${seed}, expected an integer of at least 0`);
  const { learningRate = 0, epsilon = 0, damping = 0, leastNorm = 0 } = options;
  for (const [name, value] of Object.entries({ learningRate, epsilon, damping, leastNorm })) {
    if (!(value >= 0 && Number.isFinite(value)))
      throw new RangeError(`armor: ${name}: got ${value}, expected a finite number of at least 0`);
  }
  if (!['sampled', 'greedy', 'uniform'].includes(choice))
    throw new RangeError(`armor: choice: got ${choice}, expected sampled, greedy or uniform`);
  if (!['L1', 'L2', 'Linf'].includes(norm))
    throw new RangeError(`armor: norm: got ${norm}, expected L1, L2 or Linf`);
}
