import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { leavesBehind, type Target } from '../graph/primitive.js';
import {
  type ConvOptions,
  cast,
  conv,
  convTranspose,
  evaluate,
  grad,
  mul,
  normal,
  randomKey,
  type Shape,
  splitKey,
  sum,
  type Tensor,
  zeros,
} from '../index.js';
import { emitModel } from '../onnx/emit.js';
import { type Differentiable, gradientError, secondGradientError } from '../testing/gradients.js';

const report: [name: string, first: number, second: number][] = [];

async function check(name: string, fn: Differentiable, ...inputs: Tensor[]): Promise<void> {
  const [first, second] = [await gradientError(fn, inputs), await secondGradientError(fn, inputs)];
  report.push([name, first, second]);
  expect(first, `${name}: first derivative`).toBeLessThan(1e-6);
  expect(second, `${name}: second derivative`).toBeLessThan(1e-6);
}

afterAll(() => {
  const line = ([name, first, second]: (typeof report)[number]) =>
    `${name.padEnd(40)}  ${first.toExponential(1)}  ${second.toExponential(1)}`;
  console.log(`largest relative errors of first and second derivatives\n${report.map(line).join('\n')}`);
});

const keys = splitKey(randomKey(3), 3);
const random = (shape: Shape, key = 0) => normal(keys[key]!, shape, { dtype: 'float64' });

const numbers = async (tensor: Tensor) => Array.from(await tensor.data(), Number);

function expectClose(actual: readonly number[], expected: readonly number[], tolerance: number): void {
  expect(actual.length).toBe(expected.length);
  const size = Math.max(1, ...expected.map(Math.abs));
  const worst = Math.max(0, ...actual.map((value, i) => Math.abs(value - expected[i]!)));
  expect(worst / size).toBeLessThan(tolerance);
}

interface Case {
  readonly x: readonly [n: number, c: number, h: number, w: number];
  readonly w: readonly [o: number, c: number, h: number, w: number];
  readonly strides: readonly [number, number];
  readonly dilation: readonly [number, number];
  readonly padding: readonly [readonly [number, number], readonly [number, number]];
  readonly groups: number;
}

interface Channels {
  readonly n: number;
  readonly groups: number;
  /** Channels of a group. */
  readonly inputs: number;
  readonly outputs: number;
}

const fewChannels: fc.Arbitrary<Channels> = fc.record({
  n: fc.integer({ min: 1, max: 2 }),
  groups: fc.integer({ min: 1, max: 3 }),
  inputs: fc.integer({ min: 1, max: 3 }),
  outputs: fc.integer({ min: 1, max: 2 }),
});

/** As many as fill vector registers: pictures, whole blocks, groups of blocks, depthwise. */
const channelsInBlocks: fc.Arbitrary<Channels> = fc
  .tuple(
    fc.constantFrom(1, 16),
    fc.constantFrom([1, 3, 16], [1, 16, 16], [1, 16, 32], [1, 32, 16], [2, 16, 16], [16, 1, 1], [32, 1, 1]),
  )
  .map(([n, [groups, inputs, outputs]]) => ({
    n,
    groups: groups!,
    inputs: inputs!,
    outputs: outputs!,
  }));

const casesOf = (channels: fc.Arbitrary<Channels>): fc.Arbitrary<Case> =>
  fc
    .record({
      channels,
      size: fc.tuple(fc.integer({ min: 1, max: 8 }), fc.integer({ min: 1, max: 8 })),
      kernel: fc.tuple(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 5 })),
      strides: fc.tuple(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 3 })),
      dilation: fc.tuple(fc.integer({ min: 1, max: 2 }), fc.integer({ min: 1, max: 2 })),
      padding: fc.tuple(
        fc.tuple(fc.integer({ min: 0, max: 2 }), fc.integer({ min: 0, max: 2 })),
        fc.tuple(fc.integer({ min: 0, max: 2 }), fc.integer({ min: 0, max: 2 })),
      ),
    })
    .filter(({ size, kernel, dilation, padding }) =>
      size.every((n, i) => n + padding[i]![0] + padding[i]![1] > dilation[i]! * (kernel[i]! - 1)),
    )
    .map(({ channels: { n, groups, inputs, outputs }, size, kernel, ...rest }) => ({
      ...rest,
      groups,
      x: [n, groups * inputs, ...size] as const,
      w: [groups * outputs, inputs, ...kernel] as const,
    }));

/** Calls back with every product that a convolution adds up: the flat positions of image, weight and output. */
function eachProduct(of: Case, visit: (x: number, w: number, y: number) => void): Shape {
  const {
    x: [n, c, h, w],
    w: [o, inputs, kh, kw],
    strides,
    dilation,
    padding,
    groups,
  } = of;
  const rows = Math.floor((h + padding[0][0] + padding[0][1] - dilation[0] * (kh - 1) - 1) / strides[0]) + 1;
  const columns =
    Math.floor((w + padding[1][0] + padding[1][1] - dilation[1] * (kw - 1) - 1) / strides[1]) + 1;
  for (let image = 0; image < n; image++)
    for (let to = 0; to < o; to++)
      for (let from = 0; from < inputs; from++)
        for (let r = 0; r < rows; r++)
          for (let q = 0; q < columns; q++)
            for (let i = 0; i < kh; i++)
              for (let j = 0; j < kw; j++) {
                const row = r * strides[0] + i * dilation[0] - padding[0][0];
                const column = q * strides[1] + j * dilation[1] - padding[1][0];
                if (row < 0 || row >= h || column < 0 || column >= w) continue;
                const channel = Math.floor(to / (o / groups)) * inputs + from;
                visit(
                  ((image * c + channel) * h + row) * w + column,
                  ((to * inputs + from) * kh + i) * kw + j,
                  ((image * o + to) * rows + r) * columns + q,
                );
              }
  return [n, o, rows, columns];
}

/** The output, and the gradients of Σ y · dy by image and weights, of random operands. */
async function runBoth(of: Case, dtype: 'float32' | 'float64') {
  const [x, w] = [cast(random(of.x), dtype), cast(random(of.w, 1), dtype)];
  const y = conv(x, w, of);
  const dy = cast(random(y.shape, 2), dtype);
  const gradients = grad(([a, b]: [Tensor, Tensor]) => sum(mul(conv(a, b, of), dy)))([x, w]);
  await evaluate([x, w, y, dy, gradients]);
  return { x, w, y, dy, dx: gradients[0], dw: gradients[1] };
}

async function expectLoops(of: Case): Promise<void> {
  const exact = await runBoth(of, 'float64');
  const [x, w, dy] = [await numbers(exact.x), await numbers(exact.w), await numbers(exact.dy)];
  const [y, dx, dw] = [dy.map(() => 0), x.map(() => 0), w.map(() => 0)];
  const shape = eachProduct(of, (atX, atW, atY) => {
    y[atY]! += x[atX]! * w[atW]!;
    dx[atX]! += dy[atY]! * w[atW]!;
    dw[atW]! += dy[atY]! * x[atX]!;
  });
  expect(exact.y.shape).toEqual(shape);
  const single = await runBoth(of, 'float32');
  for (const [run, tolerance] of [
    [exact, 1e-12],
    [single, 1e-4],
  ] as const) {
    expectClose(await numbers(run.y), y, tolerance);
    expectClose(await numbers(run.dx), dx, tolerance);
    expectClose(await numbers(run.dw), dw, tolerance);
  }
}

const plain = {
  strides: [1, 1],
  dilation: [1, 1],
  padding: [
    [1, 1],
    [1, 1],
  ],
  groups: 1,
} as const;

describe('conv', () => {
  it('agrees with plain loops, and so do its gradients, in both dtypes', { timeout: 60_000 }, () =>
    fc.assert(fc.asyncProperty(casesOf(fewChannels), expectLoops), { numRuns: 40 }),
  );

  it('agrees with plain loops on channels that fill blocks', { timeout: 60_000 }, () =>
    fc.assert(fc.asyncProperty(casesOf(channelsInBlocks), expectLoops), { numRuns: 40 }),
  );

  it('is written in blocks only for processors that have them', () => {
    const [x, w] = [random([16, 16, 5, 5]), random([16, 16, 3, 3], 1)].map((each) => cast(each, 'float32'));
    const outputs = [conv(x!, w!), ...grad(([a, b]: [Tensor, Tensor]) => sum(conv(a, b)))([x!, w!])];
    const inputs = leavesBehind(outputs).map((tensor, i) => ({ name: `input${i}`, tensor }));
    const blockedConvs = (target: Target) =>
      emitModel({ inputs, outputs }, target).nodes.filter(
        ({ domain, type }) => domain === 'com.microsoft.nchwc' && type === 'Conv',
      ).length;
    expect(blockedConvs({})).toBe(0);
    expect(blockedConvs({ channelBlock: 16 })).toBe(3);
    expect(blockedConvs({ channelBlock: 32 })).toBe(0);
  });

  it.each<[string, Case]>([
    ['flipped kernels, products for each tap', { ...plain, x: [2, 32, 6, 5], w: [8, 32, 3, 3] }],
    ['gathered columns', { ...plain, strides: [2, 3], x: [2, 9, 7, 8], w: [4, 9, 3, 2] }],
    ['depthwise', { ...plain, groups: 8, x: [2, 8, 6, 5], w: [8, 1, 3, 3] }],
    [
      'pointwise',
      {
        ...plain,
        padding: [
          [0, 0],
          [0, 0],
        ],
        x: [2, 9, 4, 5],
        w: [6, 9, 1, 1],
      },
    ],
    [
      '5 × 5',
      {
        ...plain,
        padding: [
          [2, 1],
          [0, 2],
        ],
        x: [1, 8, 7, 9],
        w: [3, 8, 5, 5],
      },
    ],
  ])('is right in the form for %s', (_, of) => expectLoops(of));

  it('gives the derivative checks', { timeout: 60_000 }, async () => {
    const variants: [string, Shape, Shape, ConvOptions][] = [
      ['conv', [1, 2, 3, 4], [2, 2, 2, 2], { padding: 1 }],
      [
        'conv, strides, asymmetric padding',
        [1, 1, 4, 5],
        [2, 1, 3, 2],
        { strides: [2, 3], padding: [[0, 1], 1] },
      ],
      ['conv, dilation, groups', [1, 2, 4, 3], [2, 1, 2, 2], { dilation: [2, 1], groups: 2 }],
      ['conv, pointwise', [2, 2, 1, 2], [1, 2, 1, 1], {}],
      ['conv, one axis, same', [1, 2, 5], [2, 2, 3], { padding: 'same', strides: 2 }],
      ['conv, no images', [0, 1, 3, 3], [1, 1, 2, 2], {}],
    ];
    for (const [name, x, w, options] of variants) {
      await check(name, (a, b) => conv(a, b, options), random(x), random(w, 1));
    }
    const transposed = (a: Tensor, b: Tensor) => convTranspose(a, b, { strides: 2, outputPadding: 1 });
    await check('convTranspose', transposed, random([1, 2, 2, 2]), random([2, 1, 2, 3], 1));
    await check('convTranspose, one axis', transposed, random([1, 2, 3]), random([2, 1, 2], 1));
  });

  it("keeps ⌈length / stride⌉ positions with padding 'same'", () => {
    const shape = conv(zeros([1, 1, 7, 8]), zeros([1, 1, 3, 4]), { strides: [2, 3], padding: 'same' }).shape;
    expect(shape).toEqual([1, 1, 4, 3]);
  });
});

describe('convTranspose', () => {
  it('is the transpose of conv: ⟨conv(x), y⟩ = ⟨x, convTranspose(y)⟩', { timeout: 60_000 }, () =>
    fc.assert(
      fc.asyncProperty(casesOf(fewChannels), async (of) => {
        const [x, w] = [random(of.x), random(of.w, 1)];
        const y = random(conv(x, w, of).shape, 2);
        const outputPadding = [0, 1].map((axis) => {
          const room = of.x[axis + 2]! + of.padding[axis]![0] + of.padding[axis]![1];
          return (room - of.dilation[axis]! * (of.w[axis + 2]! - 1) - 1) % of.strides[axis]!;
        });
        const back = convTranspose(y, w, { ...of, outputPadding });
        expect(back.shape).toEqual(of.x);
        const [left, right] = [sum(mul(conv(x, w, of), y)), sum(mul(x, back))];
        await evaluate([left, right]);
        expect(await left.item()).toBeCloseTo(Number(await right.item()), 9);
      }),
      { numRuns: 20 },
    ),
  );
});

describe('what conv and convTranspose refuse', () => {
  const [x, w] = [zeros([1, 4, 5, 5]), zeros([2, 4, 3, 3])];
  it.each<[() => unknown, string]>([
    [() => conv(x, zeros([2, 3, 3, 3])), 'conv: channels differ: [1, 4, 5, 5] and weights [2, 3, 3, 3]'],
    [() => conv(x, w, { groups: 0 }), 'conv: groups: got 0'],
    [() => conv(x, zeros([2, 4, 3])), 'conv: expected [n, c, w] or [n, c, h, w]'],
    [() => conv(x, zeros([2, 4, 6, 3])), 'does not fit into [5, 5]'],
    [() => conv(x, w, { strides: 0 }), 'conv: strides: got [0, 0], expected 2 integers of at least 1'],
    [() => conv(x, w, { padding: -1 }), 'conv: padding: got [-1, -1]'],
    [() => conv(x, w, { dilation: [1] }), 'conv: dilation: got [1], expected 2'],
    [() => conv(x, zeros([2, 4, 3, 3], 'float64')), 'conv: dtypes differ: float32 and float64'],
    [() => conv(zeros([1, 4, 5, 5], 'int32'), w), 'conv: expected float32 or float64, got int32'],
    [() => convTranspose(x, w), 'convTranspose: channels differ'],
    [
      () => convTranspose(x, zeros([4, 2, 3, 3]), { outputPadding: 1 }),
      'convTranspose: outputPadding: got [1, 1]',
    ],
    [() => convTranspose(x, zeros([4, 2, 1, 1]), { padding: 3 }), 'convTranspose: no output is left'],
  ])('%s', (attempt, message) => {
    expect(attempt).toThrow(message);
  });
});
