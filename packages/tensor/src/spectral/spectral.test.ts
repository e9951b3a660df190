import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  abs,
  add,
  cast,
  compile,
  diag,
  eigh,
  evaluate,
  eye,
  grad,
  matMul,
  mul,
  normal,
  pseudoInverse,
  qr,
  randomKey,
  type Shape,
  sqrt,
  sub,
  sum,
  svd,
  swapAxes,
  type Tensor,
  tensor,
  zeros,
} from '../index.js';
import { gradientError, secondGradientError } from '../testing/gradients.js';

const golden: Record<string, number[]> = JSON.parse(
  readFileSync(new URL('../ops/linalg/numpy.golden.json', import.meta.url), 'utf8'),
);
const given = (name: string, shape: Shape) => tensor(Float64Array.from(golden[name]!), { shape });
const random = (shape: Shape, key = 0) => normal(randomKey(key), shape, { dtype: 'float64' });
const adjoint = (x: Tensor) => swapAxes(x, -1, -2);
const symmetric = (shape: Shape, key = 0) => add(random(shape, key), adjoint(random(shape, key)));
const identity = (n: number) => eye(n, n, 'float64');
const numbers = async (value: Tensor) => Array.from(await value.data(), Number);
const largest = async (value: Tensor) => Math.max(0, ...(await numbers(value)).map(Math.abs));
const expectGolden = async (value: Tensor, name: string, shown = (each: number) => each) => {
  const got = await numbers(value);
  expect(got.length).toBe(golden[name]!.length);
  got.forEach((each, i) => {
    expect(shown(each), `${name} ${i}`).toBeCloseTo(shown(golden[name]![i]!), 11);
  });
};
/** What the laws of a decomposition leave. */
const eigenRests = (a: Tensor, { values, vectors } = eigh(a)) => [
  sub(matMul(a, vectors), matMul(vectors, diag(values))),
  sub(matMul(vectors, vectors, { transposeA: true }), eye(a.length(-1), a.length(-1), a.dtype)),
];
const singularRests = (a: Tensor, { u, values, v } = svd(a)) => {
  const k = values.length(-1);
  return [
    sub(matMul(matMul(u, diag(values)), v, { transposeB: true }), a),
    sub(matMul(u, u, { transposeA: true }), eye(k, k, a.dtype)),
    sub(matMul(v, v, { transposeA: true }), eye(k, k, a.dtype)),
  ];
};
const worst = async (rests: readonly Tensor[]) =>
  Math.max(...(await Promise.all((await evaluate(rests)).map(largest))));

describe('eigenvalues and singular values', { timeout: 60_000 }, () => {
  it('agree with NumPy', async () => {
    const { values, vectors } = eigh(given('symmetric', [4, 4]));
    await expectGolden(values, 'eigenvalues');
    await expectGolden(vectors, 'eigenvectors', Math.abs);
    const { u, values: sizes, v } = svd(given('tall', [5, 3]));
    await expectGolden(sizes, 'singularValues');
    await expectGolden(u, 'u', Math.abs);
    await expectGolden(adjoint(v), 'vt', Math.abs);
    await expectGolden(pseudoInverse(given('tall', [5, 3])), 'pseudoInverse');
  });

  it('put matrices together again, in order', async () => {
    const sizes = fc.record({
      n: fc.integer({ min: 1, max: 7 }),
      batch: fc.constantFrom([], [2]),
      key: fc.nat(100),
    });
    await fc.assert(
      fc.asyncProperty(sizes, async ({ n, batch, key }) => {
        const a = symmetric([...batch, n, n], key);
        const b = random([...batch, n, 4], key);
        const { values } = eigh(a);
        const { values: sizes } = svd(b);
        expect(await worst([...eigenRests(a), ...singularRests(b)])).toBeLessThan(1e-12);
        for (const [each, direction] of [
          [values, 1],
          [sizes, -1],
        ] as const) {
          const rows = (await each.toArray()) as number[] | number[][];
          for (const row of batch.length === 0 ? [rows as number[]] : (rows as number[][])) {
            expect(row).toEqual([...row].sort((x, y) => direction * (x - y)));
          }
        }
      }),
      { numRuns: 8, seed: 1 },
    );
  });

  it('may be equal or zero', async () => {
    const repeated = tensor(
      [
        [2, 0, 0],
        [0, 2, 0],
        [0, 0, 2],
      ],
      'float64',
    );
    const flat = matMul(random([5, 2]), random([2, 4], 1));
    expect(await worst([...eigenRests(repeated), ...singularRests(repeated)])).toBeLessThan(1e-14);
    expect(
      await worst([...eigenRests(zeros([3, 3], 'float64')), ...singularRests(zeros([3, 2], 'float64'))]),
    ).toBe(0);
    expect(await worst(singularRests(flat))).toBeLessThan(1e-13);
    const inverse = pseudoInverse(flat);
    expect(await largest(sub(matMul(matMul(flat, inverse), flat), flat))).toBeLessThan(1e-13);
    expect(await largest(sub(matMul(matMul(inverse, flat), inverse), inverse))).toBeLessThan(1e-13);
    expect(await numbers(svd(zeros([0, 2])).values)).toEqual([]);
    expect(await numbers(eigh(zeros([2, 0, 0])).values)).toEqual([]);
  });

  it('may stand close together, spread over ten orders or have no rank', async () => {
    const n = 20;
    const [left, right] = [qr(random([n, n])).q, qr(random([n, n], 1)).q];
    const spectra = [
      (i: number) => 1 + (i % 4) + 1e-9 * i,
      (i: number) => 10 ** (-i / 2),
      (i: number) => (i < 3 ? i + 1 : 0),
      (i: number) => (i % 2 ? 1 : -1),
    ];
    for (const spectrum of spectra) {
      const values = Array.from({ length: n }, (_, i) => spectrum(i));
      const scaled = mul(left, tensor(values, 'float64'));
      const [a, b] = [
        matMul(scaled, left, { transposeB: true }),
        matMul(scaled, right, { transposeB: true }),
      ];
      expect(await worst([...eigenRests(a), ...singularRests(b)]), `${values}`).toBeLessThan(1e-12);
      const sizes = await numbers(svd(b).values);
      const expected = values.map(Math.abs).sort((x, y) => y - x);
      expect(Math.max(...sizes.map((each, i) => Math.abs(each - expected[i]!)))).toBeLessThan(1e-12);
    }
  });

  it('of small matrices keep their digits beside large ones', async () => {
    const graded = tensor(
      [
        [1, 1e-9],
        [1, 2e-9],
      ],
      'float64',
    );
    const [, small] = await numbers(svd(graded).values);
    expect(small! / (1e-9 / Math.sqrt(2))).toBeCloseTo(1, 7);
  });

  it('of 128 rows are found in float32 and float64', async () => {
    const report: string[] = [];
    for (const [n, dtype, tolerance] of [
      [33, 'float64', 1e-11],
      [128, 'float64', 1e-10],
      [128, 'float32', 2e-3],
    ] as const) {
      for (const [name, rests] of Object.entries({
        eigh: (a: Tensor) => eigenRests(a),
        svd: (a: Tensor) => singularRests(a),
      })) {
        const run = compile(rests);
        const a = cast(symmetric([n, n]), dtype);
        const begin = performance.now();
        const rest = await worst(await run(a));
        const first = performance.now();
        await worst(await run(a));
        report.push(
          `${name} ${n} ${dtype}: ${rest.toExponential(1)}, first call ${(first - begin).toFixed()} ms, second ${(performance.now() - first).toFixed()} ms`,
        );
        expect(rest, `${name} ${n} ${dtype}`).toBeLessThan(tolerance);
        await run.release();
      }
    }
    console.log(report.join('\n'));
  });

  it('have right first and second derivatives', { timeout: 120_000 }, async () => {
    // Squares and absolute values do not depend on the signs of vectors.
    const cases: Record<string, [(x: Tensor) => Tensor, Tensor]> = {
      'eigh, values': [(x) => eigh(x).values, random([3, 3])],
      'eigh, vectors': [(x) => mul(eigh(x).vectors, eigh(x).vectors), random([3, 3])],
      'eigh of a batch, a root': [
        (x) => {
          const { values, vectors } = eigh(matMul(x, x, { transposeB: true }));
          return matMul(matMul(vectors, diag(sqrt(values))), vectors, { transposeB: true });
        },
        add(random([2, 2, 2]), identity(2)),
      ],
      'svd, values': [(x) => svd(x).values, random([4, 3])],
      'svd, u': [(x) => mul(svd(x).u, svd(x).u), random([3, 2])],
      'svd, v of a wide matrix': [(x) => abs(svd(x).v), random([2, 3])],
      'svd, all of it': [(x) => matMul(mul(svd(x).u, 2), svd(x).v, { transposeB: true }), random([3, 3], 1)],
      pseudoInverse: [(x) => pseudoInverse(x), random([3, 2])],
      'pseudoInverse, wide': [(x) => pseudoInverse(x), random([2, 3])],
    };
    for (const [name, [fn, at]] of Object.entries(cases)) {
      expect(await gradientError(fn, [at]), `${name}: first`).toBeLessThan(1e-6);
      expect(await secondGradientError(fn, [at]), `${name}: second`).toBeLessThan(1e-6);
    }
  });

  it('that are equal have right derivatives where their vectors are weighted equally', async () => {
    const turn = eigh(symmetric([3, 3], 5)).vectors;
    const at = matMul(mul(turn, tensor([2, 2, 5], 'float64')), turn, { transposeB: true });
    const projected = (x: Tensor) => {
      const { vectors } = eigh(x);
      return matMul(mul(vectors, tensor([1, 1, 3], 'float64')), vectors, { transposeB: true });
    };
    expect(await gradientError(projected, [at])).toBeLessThan(1e-6);
    const slope = grad((x: Tensor) => sum(mul(eigh(x).vectors, random([3, 3]))))(identity(3));
    expect((await numbers(slope)).map(Math.abs)).toEqual([0, 0, 0, 0, 0, 0, 0, 0, 0]);
  });

  it.each<[() => unknown, string]>([
    [() => eigh(zeros([2, 3])), 'eigh: expected square matrices, got [2, 3]'],
    [() => svd(zeros([2])), 'svd: expected matrices, got [2]'],
    [() => svd(zeros([2, 2], 'int32')), 'svd: expected float32 or float64, got int32'],
    [
      () => pseudoInverse(zeros([2, 2]), { tolerance: -1 }),
      'pseudoInverse: tolerance: expected a number of at least 0, got -1',
    ],
  ])('%s', (attempt, message) => {
    expect(attempt).toThrow(message);
  });
});
