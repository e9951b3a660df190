import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  add,
  cast,
  cholesky,
  compile,
  det,
  evaluate,
  eye,
  inverse,
  inverseSqrtNewtonSchulz,
  matMul,
  matrixPower,
  matrixRoots,
  matrixSqrt,
  newtonSchulz,
  normal,
  qr,
  randomKey,
  type Shape,
  slogdet,
  solve,
  sub,
  swapAxes,
  type Tensor,
  tensor,
  triangularInverse,
  triangularSolve,
  tril,
  triu,
  zeros,
} from '../../index.js';
import { gradientError, secondGradientError } from '../../testing/gradients.js';

const golden: Record<string, number[] | number> = JSON.parse(
  readFileSync(new URL('./numpy.golden.json', import.meta.url), 'utf8'),
);
const given = (name: string, shape: Shape) => tensor(Float64Array.from(golden[name] as number[]), { shape });
const random = (shape: Shape, key = 0) => normal(randomKey(key), shape, { dtype: 'float64' });
const adjoint = (x: Tensor) => swapAxes(x, -1, -2);
const identity = (n: number) => eye(n, n, 'float64');
/** Far from singular. */
const definite = (shape: Shape, key = 0) => {
  const x = random(shape, key);
  return add(matMul(x, x, { transposeB: true }), identity(x.length(-1)));
};
const well = (shape: Shape, key = 0) => add(random(shape, key), identity(shape.at(-1)!).mul(3));

const numbers = async (value: Tensor) => Array.from(await value.data(), Number);
const largest = async (value: Tensor) => Math.max(0, ...(await numbers(value)).map(Math.abs));
const expectGolden = async (value: Tensor, name: string, digits = 11) => {
  const expected = [golden[name]!].flat();
  const got = await numbers(value);
  expect(got.length).toBe(expected.length);
  got.forEach((each, i) => {
    expect(each, `${name} ${i}`).toBeCloseTo(expected[i]!, digits);
  });
};

describe('linear algebra agrees with NumPy', () => {
  const [a, spd, tall] = [given('square', [4, 4]), given('definite', [4, 4]), given('tall', [5, 3])];
  it('in every function', async () => {
    await expectGolden(cholesky(spd), 'cholesky');
    await expectGolden(solve(a, given('right', [4, 2])), 'solve');
    await expectGolden(inverse(a), 'inverse');
    await expectGolden(det(a), 'det');
    await expectGolden(slogdet(a).sign, 'sign');
    await expectGolden(slogdet(a).logAbs, 'logAbs');
    await expectGolden(qr(tall).q, 'q');
    await expectGolden(qr(tall).r, 'r');
    await expectGolden(matrixSqrt(spd), 'sqrt', 9);
    await expectGolden(inverseSqrtNewtonSchulz(spd), 'inverseSqrt', 9);
  });

  it('in float32', async () => {
    await expectGolden(cholesky(cast(spd, 'float32')), 'cholesky', 4);
    await expectGolden(solve(cast(a, 'float32'), cast(given('right', [4, 2]), 'float32')), 'solve', 3);
    await expectGolden(qr(cast(tall, 'float32')).q, 'q', 4);
  });
});

describe('laws of linear algebra', { timeout: 60_000 }, () => {
  const sizes = fc.record({
    n: fc.integer({ min: 1, max: 6 }),
    batch: fc.constantFrom([], [2], [2, 1]),
    key: fc.nat(100),
  });
  /** Checks that all that a law leaves is hardly anything, with one program an example. */
  const check = (law: (n: number, batch: readonly number[], key: number) => Tensor[]) =>
    fc.assert(
      fc.asyncProperty(sizes, async ({ n, batch, key }) => {
        for (const rest of await evaluate(law(n, batch, key)))
          expect(await largest(rest)).toBeLessThan(1e-10);
      }),
      { numRuns: 12, seed: 1 },
    );

  it('L · Lᵀ = A, and L is lower triangular', () =>
    check((n, batch, key) => {
      const a = definite([...batch, n, n], key);
      const lower = cholesky(a);
      return [sub(matMul(lower, lower, { transposeB: true }), a), triu(lower, 1)];
    }));

  it('Q · R = A, Qᵀ · Q = I and R is upper triangular, tall and wide', () =>
    check((n, batch, key) =>
      [
        [n + 2, n],
        [n, n],
        [n, n + 2],
      ].flatMap((shape) => {
        const a = random([...batch, ...shape], key);
        const { q, r } = qr(a);
        const k = Math.min(...shape);
        return [sub(matMul(q, r), a), sub(matMul(q, q, { transposeA: true }), identity(k)), tril(r, -1)];
      }),
    ));

  it('A · solve(A, B) = B, and determinants multiply', () =>
    check((n, batch, key) => {
      const [a, b] = [well([...batch, n, n], key), well([n, n], key + 1)];
      const factors = det(a).mul(det(b));
      const { sign, logAbs } = slogdet(a);
      return [
        sub(matMul(a, solve(a, b)), b),
        sub(det(matMul(a, b)), factors).div(factors),
        sub(sign.mul(logAbs.exp()), det(a)).div(det(a)),
      ];
    }));

  it('T · triangularSolve(T, B) = B for every kind of triangle', () =>
    check((n, batch, key) => {
      const [triangle, b] = [well([...batch, n, n], key), random([...batch, n, 2], key + 1)];
      const rests = [false, true].flatMap((upper) =>
        [false, true].flatMap((transposed) =>
          [false, true].map((unitDiagonal) => {
            const strict = upper ? triu(triangle, 1) : tril(triangle, -1);
            const whole = upper ? triu(triangle) : tril(triangle);
            const meant = unitDiagonal ? add(strict, identity(n)) : whole;
            const x = triangularSolve(triangle, b, { upper, transposed, unitDiagonal });
            return sub(matMul(meant, x, { transposeA: transposed }), b);
          }),
        ),
      );
      return [...rests, sub(matMul(tril(triangle), triangularInverse(triangle)), identity(n))];
    }));

  it('roots squared are the matrix, powers add up', () =>
    check((n, batch, key) => {
      const a = definite([...batch, n, n], key).mul(0.1);
      const { sqrt, inverseSqrt } = matrixRoots(a, { steps: 25 });
      return [
        sub(matMul(sqrt, sqrt), a),
        sub(matMul(sqrt, inverseSqrt), identity(n)),
        sub(matMul(matrixPower(a, 3), matrixPower(a, -2)), a),
        sub(matrixPower(a, 0), identity(n)),
      ];
    }));
});

describe('large, singular and empty matrices', () => {
  it('of 128 rows are factored in float32 and float64', { timeout: 60_000 }, async () => {
    const times: string[] = [];
    for (const [dtype, tolerance] of [
      ['float64', 1e-9],
      ['float32', 2e-2],
    ] as const) {
      const a = cast(well([128, 128]), dtype);
      const spd = matMul(a, a, { transposeB: true });
      const laws: Record<string, (a: Tensor, spd: Tensor) => Tensor> = {
        cholesky: (_, b) => sub(matMul(cholesky(b), cholesky(b), { transposeB: true }), b),
        qr: (b) => sub(matMul(qr(b).q, qr(b).r), b),
        solve: (b) => sub(matMul(b, solve(b, b)), b),
      };
      for (const [name, law] of Object.entries(laws)) {
        const run = compile(law);
        const begin = performance.now();
        const rest = await largest(await run(a, spd));
        const compiled = performance.now();
        await largest(await run(a, spd));
        times.push(
          `${name} ${dtype}: ${rest.toExponential(1)}, first call ${(compiled - begin).toFixed()} ms, second ${(performance.now() - compiled).toFixed(1)} ms`,
        );
        expect(rest, `${name} ${dtype}`).toBeLessThan(tolerance);
        await run.release();
      }
    }
    console.log(times.join('\n'));
  });

  it('without columns to lean on still get orthonormal ones', async () => {
    const flat = tensor(
      [
        [1, 2],
        [2, 4],
        [0, 0],
      ],
      'float64',
    );
    const { q, r } = qr(flat);
    expect(await largest(sub(matMul(q, q, { transposeA: true }), identity(2)))).toBeLessThan(1e-14);
    expect(await largest(sub(matMul(q, r), flat))).toBeLessThan(1e-14);
    const nothing = qr(zeros([3, 2], 'float64'));
    expect(await largest(sub(matMul(nothing.q, nothing.q, { transposeA: true }), identity(2)))).toBeLessThan(
      1e-14,
    );
    expect(await det(zeros([2, 2])).item()).toBeCloseTo(0, 12);
    expect(await slogdet(zeros([2, 2])).logAbs.item()).toBe(-Infinity);
    expect(await numbers(cholesky(tensor([[-1]])))).toEqual([Number.NaN]);
  });

  it('have the determinants of odd and even permutations', async () => {
    expect(
      await det(
        tensor(
          [
            [0, 1],
            [1, 0],
          ],
          'float64',
        ),
      ).item(),
    ).toBeCloseTo(-1, 12);
    expect(
      await det(
        tensor(
          [
            [0, 1, 0],
            [0, 0, 1],
            [1, 0, 0],
          ],
          'float64',
        ),
      ).item(),
    ).toBeCloseTo(1, 12);
    expect(await det(tensor([[-2]], 'float64')).item()).toBeCloseTo(-2, 12);
  });

  it('without elements pass', async () => {
    const none = zeros([2, 0, 0]);
    for (const result of [
      cholesky(none),
      inverse(none),
      solve(none, zeros([2, 0, 3])),
      qr(zeros([0, 3])).r,
    ]) {
      expect(await numbers(result)).toEqual([]);
    }
    expect(await numbers(det(none))).toEqual([1, 1]);
    expect(await numbers(slogdet(none).logAbs)).toEqual([0, 0]);
  });

  it('with a condition number of 1e5 have roots after the usual steps', async () => {
    const { q } = qr(random([12, 12]));
    const values = Array.from({ length: 12 }, (_, i) => 10 ** ((-5 * i) / 11));
    const a = matMul(q.mul(tensor(values, 'float64')), q, { transposeB: true });
    const { sqrt, inverseSqrt } = matrixRoots(a);
    expect(await largest(sub(matMul(sqrt, sqrt), a))).toBeLessThan(1e-10);
    expect(await largest(sub(matMul(sqrt, inverseSqrt), identity(12)))).toBeLessThan(1e-8);
  });

  it('become nearly orthogonal', async () => {
    const x = newtonSchulz(random([6, 4]), { steps: 20, coefficients: [2, -1.5, 0.5] });
    expect(await largest(sub(matMul(x, x, { transposeA: true }), identity(4)))).toBeLessThan(1e-10);
    const rough = newtonSchulz(random([4, 6]));
    expect(await largest(sub(matMul(rough, rough, { transposeB: true }), identity(4)))).toBeLessThan(0.6);
  });
});

describe('derivatives of linear algebra', { timeout: 120_000 }, () => {
  const mixed = (...x: Tensor[]) => x.reduce((a, b) => add(a, b));
  const cases: Record<string, [(...x: Tensor[]) => Tensor, Tensor[]]> = {
    cholesky: [(a) => cholesky(a!), [definite([3, 3])]],
    'cholesky of a batch': [(a) => cholesky(a!), [definite([2, 2, 2])]],
    triangularInverse: [(a) => triangularInverse(a!), [well([3, 3])]],
    triangularSolve: [
      (a, b) => triangularSolve(a!, b!, { upper: true, transposed: true }),
      [well([3, 3]), random([3, 2])],
    ],
    'triangularSolve, unit diagonal': [
      (a, b) => triangularSolve(a!, b!, { unitDiagonal: true }),
      [well([2, 2]), random([2, 2])],
    ],
    'qr, q': [(a) => qr(a!).q, [random([4, 3])]],
    'qr, r': [(a) => qr(a!).r, [random([3, 3])]],
    'qr, wide': [(a) => mixed(matMul(qr(a!).q, qr(a!).r.mul(qr(a!).r))), [random([2, 3], 1)]],
    solve: [(a, b) => solve(a!, b!), [well([2, 2, 2]), random([2, 2], 1)]],
    'solve, one matrix, vector': [(a, b) => solve(a!, b!), [well([3, 3]), random([3], 1)]],
    inverse: [(a) => inverse(a!), [well([3, 3])]],
    det: [(a) => det(a!), [well([2, 2, 2])]],
    slogdet: [(a) => slogdet(a!).logAbs, [well([3, 3])]],
    matrixPower: [(a) => matrixPower(a!, 3), [well([2, 2]).mul(0.3)]],
    matrixRoots: [(a) => adjoint(mixed(matrixSqrt(a!), inverseSqrtNewtonSchulz(a!))), [definite([2, 2])]],
    newtonSchulz: [(a) => newtonSchulz(a!, { steps: 2 }), [random([3, 2])]],
  };
  it.each(Object.keys(cases))('%s', async (name) => {
    const [fn, inputs] = cases[name]!;
    expect(await gradientError(fn, inputs), 'first').toBeLessThan(1e-6);
    expect(await secondGradientError(fn, inputs), 'second').toBeLessThan(1e-6);
  });
});

describe('linear algebra refuses what does not fit', () => {
  const x = zeros([2, 3]);
  it.each<[() => unknown, string]>([
    [() => cholesky(x), 'cholesky: expected square matrices, got [2, 3]'],
    [() => inverse(zeros([3])), 'inverse: expected matrices, got [3]'],
    [() => qr(zeros([2, 2], 'int32')), 'qr: expected float32 or float64, got int32'],
    [() => solve(zeros([2, 2]), zeros([3, 1])), 'solve: expected 2 rows on the right of [2, 2], got [3, 1]'],
    [() => solve(zeros([2, 2]), zeros([2, 1], 'float64')), 'solve: dtypes differ: float32 and float64'],
    [() => matrixPower(zeros([2, 2]), 0.5), 'matrixPower: exponent: expected an integer, got 0.5'],
    [() => newtonSchulz(x, { steps: 0 }), 'newtonSchulz: steps: expected an integer of at least 1, got 0'],
  ])('%s', (attempt, message) => {
    expect(attempt).toThrow(message);
  });
});
