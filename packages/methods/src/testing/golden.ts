import { expect, it } from 'vitest';

/** Values as they stand in a golden file. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

export interface GoldenCase {
  readonly name: string;
  // biome-ignore lint/suspicious/noExplicitAny: each operation knows the form of its own inputs and options.
  readonly inputs: any;
  // biome-ignore lint/suspicious/noExplicitAny: see above.
  readonly options: any;
  readonly expected: Readonly<Record<string, Json>>;
}

export interface GoldenFile {
  readonly source: string;
  readonly cases: readonly GoldenCase[];
}

/** How far a number may be from the expected one: |actual - expected| ≤ absolute + relative · |expected|. */
export interface Tolerance {
  readonly relative?: number;
  readonly absolute?: number;
  /** Expected zeros must be met exactly. */
  readonly exactZeros?: boolean;
}

/** Computes the fields of `expected` from a case. */
export interface GoldenOperation {
  run(one: GoldenCase): Promise<Readonly<Record<string, unknown>>>;
  /** 1e-6 relative unless said; of all cases, or by case. */
  readonly tolerance?: Tolerance | ((one: GoldenCase) => Tolerance);
}

/** An option that says in words what the operation does. @throws RangeError for other words: the case is of another kind */
export function requireOption<Value>(option: string, value: Value, allowed: readonly Value[]): void {
  if (!allowed.includes(value)) {
    throw new RangeError(`golden case: ${option} must be one of ${allowed.join(', ')}, got ${value}`);
  }
}

/** A case whose options that are null count as not given. */
const withGivenOptions = (one: GoldenCase): GoldenCase => ({
  ...one,
  options: Object.fromEntries(Object.entries(one.options).filter(([, value]) => value !== null)),
});

/**
 * Looks up the operation of a case by `options.op` and compares every field that it expects.
 * @throws AssertionError for an unknown operation and other values
 */
export async function checkGolden(
  given: GoldenCase,
  operations: Readonly<Record<string, GoldenOperation>>,
): Promise<void> {
  const one = withGivenOptions(given);
  const operation = operations[one.options.op];
  expect(operation, `no operation ${one.options.op} for case ${one.name}`).toBeDefined();
  const actual = await operation!.run(one);
  expect(Object.keys(one.expected).length).toBeGreaterThan(0);
  const { tolerance = {} } = operation!;
  const allowed = typeof tolerance === 'function' ? tolerance(one) : tolerance;
  for (const [field, expected] of Object.entries(one.expected)) {
    expectClose(actual[field], expected, allowed, field);
  }
}

/** One test a case: see `checkGolden`. */
export function testGolden(file: GoldenFile, operations: Readonly<Record<string, GoldenOperation>>): void {
  it.each(file.cases)('golden: $name', (one) => checkGolden(one, operations));
}

function expectClose(actual: unknown, expected: Json, tolerance: Tolerance, path: string): void {
  if (typeof expected === 'number') {
    const { relative = 1e-6, absolute = 1e-10, exactZeros = false } = tolerance;
    const allowed = expected === 0 && exactZeros ? 0 : absolute + relative * Math.abs(expected);
    const message = `${path}: got ${actual}, expected ${expected} ± ${allowed}`;
    expect(typeof actual, message).toBe('number');
    expect(Math.abs((actual as number) - expected), message).toBeLessThanOrEqual(allowed);
  } else if (Array.isArray(expected)) {
    expect(Array.isArray(actual) ? actual.length : actual, path).toBe(expected.length);
    expected.forEach((each, i) => {
      expectClose((actual as unknown[])[i], each, tolerance, `${path}[${i}]`);
    });
  } else if (expected !== null && typeof expected === 'object') {
    for (const [key, each] of Object.entries(expected)) {
      expectClose(
        (actual as Record<string, unknown> | undefined)?.[key],
        each as Json,
        tolerance,
        `${path}.${key}`,
      );
    }
  } else {
    expect(actual, path).toBe(expected);
  }
}
