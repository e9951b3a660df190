import {
  add,
  all,
  cast,
  DTypeError,
  equal,
  formatShape,
  greaterEqual,
  isFloat,
  lessEqual,
  logicalAnd,
  logicalNot,
  logicalOr,
  ShapeError,
  sameShape,
  type Tensor,
  take,
} from '@evenkeel/tensor';

/** Classes that a batch must hold. */
export interface Classes {
  readonly positives?: boolean;
  readonly negatives?: boolean;
}

/** @throws RangeError unless the number is positive and finite */
export function requirePositive(name: string, option: string, value: number): void {
  if (!(value > 0 && value < Number.POSITIVE_INFINITY)) {
    throw new RangeError(`${name}: ${option} must be positive and finite, got ${value}`);
  }
}

/** @throws RangeError unless the value is one of those that are allowed */
export function requireOneOf(name: string, option: string, value: string, allowed: readonly string[]): void {
  if (!allowed.includes(value)) {
    throw new RangeError(`${name}: ${option} must be one of ${allowed.join(', ')}, got ${value}`);
  }
}

/** The elements of a tensor where they are known. */
const known = ({ value }: Tensor): readonly number[] => (value ? Array.from(value.data, Number) : []);

/** @throws DTypeError unless float, ShapeError when empty, RangeError for NaN where values are known */
export function requireNumbers(name: string, what: string, outputs: Tensor): void {
  if (!isFloat(outputs.dtype)) throw new DTypeError(`${name}: ${what} must be float, got ${outputs.dtype}`);
  if (outputs.size === 0) {
    throw new ShapeError(`${name}: expected at least one sample, got ${what} ${formatShape(outputs.shape)}`);
  }
  if (known(outputs).some(Number.isNaN)) throw new RangeError(`${name}: ${what} must be numbers, got NaN`);
}

/** @throws as `requireNumbers`; RangeError for values outside [0, 1] where they are known */
export function requireProbabilities(name: string, p: Tensor): void {
  requireNumbers(name, 'probabilities', p);
  const wrong = known(p).find((each) => !(each >= 0 && each <= 1));
  if (wrong !== undefined) throw new RangeError(`${name}: probability ${wrong} is outside [0, 1]`);
}

/** @throws ShapeError unless there is a label for each output; RangeError for labels other than 0 and 1 where they are known */
export function requireLabels(name: string, outputs: Tensor, labels: Tensor): void {
  if (!sameShape(outputs.shape, labels.shape)) {
    throw new ShapeError(
      `${name}: outputs ${formatShape(outputs.shape)} want labels of the same shape, got ${formatShape(labels.shape)}`,
    );
  }
  const wrong = known(labels).find((label) => label !== 0 && label !== 1);
  if (wrong !== undefined) throw new RangeError(`${name}: labels must be 0 or 1, got ${wrong}`);
}

/** @throws RangeError where the labels are known and lack a class that the metric needs */
export function requireClasses(name: string, metric: string, labels: Tensor, needed: Classes): void {
  if (!labels.value) return;
  const present = known(labels);
  const missing =
    needed.positives && !present.includes(1)
      ? 'positives'
      : needed.negatives && !present.includes(0)
        ? 'negatives'
        : undefined;
  if (missing) {
    throw new RangeError(
      `${name}: ${metric} is 0 / 0 for a batch without ${missing}; take larger batches, or oneClass: 'allow'`,
    );
  }
}

/** The loss, which stops the run when outputs or labels turn out to be what the checks above refuse. */
export function stopUnlessUsable(loss: Tensor, p: Tensor, labels: Tensor, needed: Classes): Tensor {
  const y = cast(labels, p.dtype);
  const positives = y.sum();
  const conditions = [
    all(logicalAnd(greaterEqual(p, 0), lessEqual(p, 1))),
    all(logicalOr(equal(y, 0), equal(y, 1))),
    ...(needed.positives ? [greaterEqual(positives, 1)] : []),
    ...(needed.negatives ? [lessEqual(add(positives, 1), y.size)] : []),
  ];
  const refused = logicalNot(conditions.reduce(logicalAnd));
  // There is no element 1 to take.
  return take(loss.reshape([1]), cast(refused, 'int32'));
}
