/** Numbers of the host, such as the data of a tensor or plain arrays. */
export type Numbers = ArrayLike<number>;

/** @throws RangeError when there is nothing to measure */
export function requireSome(name: string, values: Numbers): void {
  if (values.length === 0) throw new RangeError(`${name}: expected at least one sample, got none`);
}

/** @throws RangeError unless both have as many elements, and any */
export function requirePairs(name: string, first: string, a: Numbers, second: string, b: Numbers): void {
  requireSome(name, a);
  if (a.length !== b.length) {
    throw new RangeError(`${name}: expected as many ${first} as ${second}, got ${a.length} and ${b.length}`);
  }
}

/** @throws RangeError for a number of classes, or labels, that make no sense */
export function requireLabels(name: string, what: string, labels: Numbers, classes: number): void {
  if (!(Number.isSafeInteger(classes) && classes >= 1)) {
    throw new RangeError(`${name}: classes: got ${classes}, expected an integer of at least 1`);
  }
  for (let i = 0; i < labels.length; i++) {
    const label = labels[i]!;
    if (!(Number.isInteger(label) && label >= 0 && label < classes)) {
      throw new RangeError(
        `${name}: ${what} ${i}: got ${label}, expected an integer from 0 to ${classes - 1}`,
      );
    }
  }
}

/** @throws RangeError unless every number is finite */
export function requireFinite(name: string, what: string, values: Numbers): void {
  for (let i = 0; i < values.length; i++) {
    if (!Number.isFinite(values[i])) {
      throw new RangeError(`${name}: ${what} ${i}: got ${values[i]}, expected a finite number`);
    }
  }
}

/**
 * The number of columns of a matrix that has a row for each label, row by row.
 * @throws RangeError unless the rows are whole, of finite numbers, and the labels name columns
 */
export function columnsOf(name: string, what: string, scores: Numbers, labels: Numbers): number {
  requireSome(name, labels);
  const columns = scores.length / labels.length;
  if (!(Number.isInteger(columns) && columns >= 1)) {
    throw new RangeError(
      `${name}: expected ${labels.length} whole rows of ${what}, got ${scores.length} numbers`,
    );
  }
  requireFinite(name, what, scores);
  requireLabels(name, 'label', labels, columns);
  return columns;
}
