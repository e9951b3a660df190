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

/** One test a case: its operation is looked up by `options.op`, and every field that it expects is compared. */
export function testGolden(file: GoldenFile, operations: Readonly<Record<string, GoldenOperation>>): void {
  it.each(file.cases)('golden: $name', async (one) => {
    const operation = operations[one.options.op];
    expect(operation, `no operation ${one.options.op} for case ${one.name}`).toBeDefined();
    const actual = await operation!.run(one);
    expect(Object.keys(one.expected).length).toBeGreaterThan(0);
    const { tolerance = {} } = operation!;
    const allowed = typeof tolerance === 'function' ? tolerance(one) : tolerance;
    for (const [field, expected] of Object.entries(one.expected)) {
      expectClose(actual[field], expected, allowed, field);
    }
  });
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
