import { formatShape, requireFloat, ShapeError, type Tensor } from '@evenkeel/tensor';

/** The elements of a tensor where they are known. */
export const known = ({ value }: Tensor): readonly number[] => (value ? Array.from(value.data, Number) : []);

/** @throws RangeError unless the value is a whole number of at least `least` */
export function requireWhole(name: string, what: string, value: number, least: number): void {
  if (!(Number.isSafeInteger(value) && value >= least)) {
    throw new RangeError(`${name}: ${what}: got ${value}, expected an integer of at least ${least}`);
  }
}

/** @throws RangeError unless the value is finite and above 0 */
export function requirePositive(name: string, what: string, value: number): void {
  if (!(value > 0 && value < Number.POSITIVE_INFINITY)) {
    throw new RangeError(`${name}: ${what}: got ${value}, expected a finite number above 0`);
  }
}

/**
 * @throws DTypeError unless λ is float; ShapeError unless it is `[hyperparameters]`, or `[samples, hyperparameters]` with
 *   as many samples as the batch has
 */
export function requireLambda(name: string, lambda: Tensor, hyperparameters: number, samples: number): void {
  requireFloat(name, lambda);
  if ((lambda.rank !== 1 && lambda.rank !== 2) || lambda.length(-1) !== hyperparameters) {
    throw new ShapeError(
      `${name}: lambda: got ${formatShape(lambda.shape)}, expected [${hyperparameters}] or [samples, ${hyperparameters}]`,
    );
  }
  if (lambda.rank === 2 && lambda.length(0) !== samples) {
    throw new ShapeError(
      `${name}: lambda: got ${lambda.length(0)} rows for a batch of ${samples}, expected one for each sample`,
    );
  }
}
