import { BatchNorm, Conv, relu, Sequential } from '@evenkeel/nn';
import { grad, normal, randomKey, slice, splitKey, type Tensor, tensor, zeros } from '@evenkeel/tensor';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type GoldenFile, testGolden } from '../../testing/golden.js';
import golden from './golden.json' with { type: 'json' };
import {
  Gated,
  GatedNetwork,
  GateHead,
  type GateTarget,
  gateNetwork,
  layerMultiplyAdds,
  maskAccuracy,
  maskLoss,
  measureGates,
  packedCall,
  packedGate,
  peakActivations,
  predictedMask,
  targetMask,
} from './index.js';

type Nested = number | readonly Nested[];
const float64 = (elements: Nested) => tensor(elements as number[], 'float64');
const numbersOf = async (x: Tensor) => Array.from(await x.data(), Number);
const rowsOf = async (x: Tensor) => (await x.toArray()) as number[][];

describe('golden values', () => {
  testGolden(golden as unknown as GoldenFile, {
    groundTruthMask: {
      async run({ inputs, options: { type = 'mass', r, pruningRatio } }) {
        const x = float64(inputs.x);
        const target: GateTarget = type === 'uniform' ? { type, pruned: pruningRatio } : { type, r };
        return { gmp: await rowsOf(peakActivations(x)), mask: await rowsOf(targetMask(x, target)) };
      },
    },
    predict: {
      async run({ inputs, options: { softmax } }) {
        const [x, weight, bias] = [inputs.x, inputs.weight, inputs.bias].map(float64) as [
          Tensor,
          Tensor,
          Tensor,
        ];
        const max = GateHead.of(weight, bias, { softmax }).call(x);
        const average = GateHead.of(weight, bias, { softmax, pool: 'average' }).call(x);
        return {
          logitsMaxPool: await rowsOf(max),
          maskMaxPool: await rowsOf(predictedMask(max)),
          logitsAvgPool: await rowsOf(average),
          maskAvgPool: await rowsOf(predictedMask(average)),
        };
      },
    },
    maskLoss: {
      async run({ inputs, options: { weight } }) {
        const logits: Tensor[] = inputs.logits.map(float64);
        const targets: Tensor[] = inputs.target.map(float64);
        const gradients = grad((each: readonly Tensor[]) => maskLoss(each, targets, weight))(logits);
        return {
          loss: await maskLoss(logits, targets, weight).item(),
          accuracyPercent: 100 * Number(await maskAccuracy(logits, targets).item()),
          gradLogits: await Promise.all(gradients.map(rowsOf)),
        };
      },
    },
  });
});

const maskOf = async (peaks: readonly number[], target: GateTarget) =>
  numbersOf(targetMask(float64([peaks]), target));
const mass = (r: number): GateTarget => ({ type: 'mass', r });
const uniform = (pruned: number): GateTarget => ({ type: 'uniform', pruned });

describe('targets', () => {
  const peaks = [5.5, 7.9, 0.3, 8.6, 2.2, 3.1, 0.9];

  it('keep the strongest filters that make up r, without the one that passes it', async () => {
    expect(await maskOf(peaks, mass(0.95))).toEqual([1, 1, 0, 1, 0, 1, 0]);
    expect(await maskOf(peaks, mass(0.5))).toEqual([0, 0, 0, 1, 0, 0, 0]);
    expect(await maskOf(peaks, mass(0.3))).toEqual([0, 0, 0, 0, 0, 0, 0]);
    expect(await maskOf(peaks, mass(1))).toEqual([1, 1, 1, 1, 1, 1, 1]);
  });

  it('keep j of n equals for r = j / n', async () => {
    for (const [n, j] of [
      [4, 2],
      [3, 1],
      [7, 5],
      [10, 9],
    ] as const) {
      const mask = await maskOf(Array(n).fill(0.37), mass(j / n));
      expect(mask.reduce((a, b) => a + b)).toBe(j);
    }
  });

  it('drop dead filters only for r = 1, and nothing for r < 0', async () => {
    expect(await maskOf([3, 0, 1, 0], mass(1))).toEqual([1, 0, 1, 0]);
    expect(await maskOf([3, 0, 1, 0], mass(-1))).toEqual([1, 1, 1, 1]);
  });

  it('drop a share of the filters, and dead ones', async () => {
    expect(await maskOf(peaks, uniform(0.3))).toEqual([1, 1, 0, 1, 1, 1, 0]);
    expect(await maskOf([5.5, 0, 0, 8.6, 0, 3.1, 0.9], uniform(0.3))).toEqual([1, 0, 0, 1, 0, 1, 1]);
    expect(await maskOf(peaks, uniform(0))).toEqual([1, 1, 1, 1, 1, 1, 1]);
  });

  it('keep all of a sample without any response, and are never NaN', async () => {
    for (const r of [0.3, 0.9, 1]) expect(await maskOf([0, 0, 0], mass(r))).toEqual([1, 1, 1]);
    expect(await maskOf([0, 0, 0], uniform(0.5))).toEqual([0, 0, 0]);
  });

  it('go by |O| over all places', async () => {
    const x = float64([[[[0, -3]], [[1, 2]], [[0.5, 0.1]]]]);
    expect(await numbersOf(peakActivations(x))).toEqual([3, 2, 0.5]);
    expect(await numbersOf(targetMask(x, mass(0.6)))).toEqual([1, 0, 0]);
  });

  it('do not change with scale, move with the filters, and grow with r', async () => {
    const sample = fc.array(fc.integer({ min: 0, max: 50 }), { minLength: 2, maxLength: 8 });
    const share = fc.integer({ min: 1, max: 99 }).map((each) => each / 100);
    await fc.assert(
      fc.asyncProperty(
        sample,
        share,
        share,
        fc.constantFrom(0.25, 2, 8),
        async (values, r, other, factor) => {
          // Distinct responses: among equals the order decides.
          const distinct = values.map((each, i) => each + (i + 1) / 64);
          const mask = await maskOf(distinct, mass(r));
          expect(
            await maskOf(
              distinct.map((each) => each * factor),
              mass(r),
            ),
          ).toEqual(mask);
          expect(await maskOf([...distinct].reverse(), mass(r))).toEqual([...mask].reverse());
          const [low, high] = [
            await maskOf(distinct, mass(Math.min(r, other))),
            await maskOf(distinct, mass(Math.max(r, other))),
          ];
          low.forEach((each, i) => {
            expect(each).toBeLessThanOrEqual(high[i]!);
          });
        },
      ),
      { numRuns: 20, seed: 4 },
    );
  });
});

describe('heads', () => {
  const keys = splitKey(randomKey(1), 3) as Tensor[];

  it('cannot see the sample through the softmax of one channel', async () => {
    const head = new GateHead(keys[0]!, 1, 5, { dtype: 'float64' });
    const rows = await rowsOf(head.call(normal(keys[1]!, [3, 1, 4, 4], { dtype: 'float64' })));
    const constant = await numbersOf(head.weight.reshape([5]).add(head.bias));
    for (const row of rows)
      row.forEach((each, i) => {
        expect(each).toBeCloseTo(constant[i]!, 12);
      });
  });

  it('see raw responses without a softmax', async () => {
    const head = GateHead.of(
      float64([
        [1, 0],
        [0, 2],
      ]),
      float64([0, -1]),
      { softmax: false },
    );
    const x = float64([[[[1, 5]], [[3, -1]]]]);
    expect(await numbersOf(head.call(x))).toEqual([5, 5]);
    const average = GateHead.of(head.weight, head.bias, { softmax: false, pool: 'average' });
    expect(await numbersOf(average.call(x))).toEqual([3, 1]);
    expect(await numbersOf(head.call(float64([[4, 1]])))).toEqual([4, 1]);
  });

  it('cost C ln 2 with logits of 0, which mean no', async () => {
    const logits = [zeros([3, 4], 'float64'), zeros([3, 6], 'float64')];
    const targets = logits.map((each, i) => each.add(i));
    expect(await maskLoss(logits, targets).item()).toBeCloseTo(3.4657359, 7);
    expect(await maskLoss(logits, targets, 0).item()).toBe(0);
    expect(await numbersOf(predictedMask(logits[0]!))).toEqual(Array(12).fill(0));
  });

  it('get (σ(P) - g) / (B L)', async () => {
    const logits = normal(keys[2]!, [2, 3], { dtype: 'float64' });
    const targets = float64([
      [1, 0, 1],
      [0, 0, 1],
    ]);
    const [first] = grad((each: readonly Tensor[]) => maskLoss(each, [targets, targets]))([
      logits,
      logits.mul(2),
    ]);
    const expected = await numbersOf(logits.sigmoid().sub(targets).div(4));
    (await numbersOf(first!)).forEach((each, i) => {
      expect(each).toBeCloseTo(expected[i]!, 12);
    });
  });
});

describe('bad input', () => {
  const key = randomKey(2);
  const x = zeros([2, 3, 4, 4]);
  const conv = new Conv(key, 3, 6, [3, 3]);
  const head = new GateHead(key, 3, 6);
  const block = new Gated(conv, head, { target: mass(0.7) });
  const network = new GatedNetwork([block]);
  const grouped = new Gated(new Conv(key, 4, 4, [3, 3], { groups: 2 }), new GateHead(key, 4, 4), {
    target: mass(1),
  });
  const logits = zeros([2, 4]);

  it.each<[string, () => unknown, RegExp]>([
    ['r = 0', () => targetMask(x, mass(0)), /r: got 0, expected a share in \(0, 1\]/],
    [
      'r above 1',
      () => gateNetwork(key, new Sequential(conv, relu), { target: mass(1.1) }),
      /gateNetwork: r: got 1.1/,
    ],
    ['r = NaN', () => new Gated(conv, head, { target: mass(Number.NaN) }), /Gated: r: got NaN/],
    ['a fraction of 1', () => targetMask(x, uniform(1)), /pruned: got 1, expected a share in \[0, 1\)/],
    ['a fraction below 0', () => targetMask(x, uniform(-0.1)), /pruned: got -0.1/],
    [
      'another target',
      () => targetMask(x, { type: 'top' } as never),
      /type must be mass or uniform, got top/,
    ],
    [
      'sequences',
      () => targetMask(zeros([2, 3, 4]), mass(1)),
      /expected activations \[n, channels, h, w\] or \[n, channels\], got \[2, 3, 4\]/,
    ],
    [
      'a head for other channels',
      () => new Gated(conv, new GateHead(key, 4, 6), { target: mass(1) }),
      /expected a head of weight \[6, 3\], got \[6, 4\]/,
    ],
    [
      'an input of other channels',
      () => head.call(zeros([2, 4, 4, 4])),
      /GateHead: got 4 channels, expected 3/,
    ],
    [
      'an input of another rank',
      () => block.call(zeros([2, 3])),
      /expected an input \[n, inputs, h, w\], got \[2, 3\]/,
    ],
    [
      'another normalization',
      () => new Gated(conv, head, { target: mass(1), norm: new BatchNorm(5) }),
      /normalization of 5 channels after 6 filters/,
    ],
    [
      'another mode',
      () => new Gated(conv, head, { target: mass(1), mode: 'free' as never }),
      /mode must be decoupled or joint, got free/,
    ],
    [
      'another pooling',
      () => new GateHead(key, 3, 6, { pool: 'sum' as never }),
      /pool must be max or average, got sum/,
    ],
    [
      'a head whose parts differ',
      () => GateHead.of(zeros([3, 2]), zeros([2])),
      /expected a weight \[outputs, inputs\] and a bias \[outputs\], got \[3, 2\] and \[2\]/,
    ],
    ['layers that do not match', () => maskLoss([logits], []), /logits of 1 layers and targets of 0/],
    ['no layers', () => maskLoss([], []), /maskLoss: got no layers/],
    [
      'logits and targets of two shapes',
      () => maskAccuracy([logits], [zeros([2, 3])]),
      /layer 0: expected \[n, filters\] of both, got logits \[2, 4\], targets \[2, 3\]/,
    ],
    ['a weight below 0', () => maskLoss([logits], [logits], -1), /weight must be in \[0, Infinity\), got -1/],
    ['a mask too few', () => network.pass(x, { mask: ['open', 'open'] }), /got 2 masks for 1 gates/],
    [
      'a mask of other channels',
      () => block.pass(x, { mask: zeros([5]) }),
      /expected a mask \[6\] or \[2, 6\], got \[5\]/,
    ],
    [
      'a network without blocks',
      () => gateNetwork(key, new Sequential(conv), { target: mass(1) }),
      /found no layer followed by relu/,
    ],
    [
      'packing a batch',
      () => packedGate(block, x, 2),
      /expected one sample \[1, 3, h, w\], got \[2, 3, 4, 4\]/,
    ],
    [
      'packing too many filters',
      () => packedGate(block, slice(x, [0], [1]), 7),
      /filters: got 7, expected an integer from 1 to 6/,
    ],
    [
      'packing with a count too many',
      () => packedCall(network, slice(x, [0], [1]), [2, 2]),
      /packedCall: got 2 numbers of filters for 1 gates/,
    ],
    [
      'packing groups',
      () => packedGate(grouped, zeros([1, 4, 4, 4]), 2),
      /convolutions in groups cannot be packed, got 2 groups/,
    ],
    [
      'counts of different lengths',
      () =>
        layerMultiplyAdds(
          { inputs: 1, outputs: 1, positions: 1, kernel: 1, groups: 1 },
          zeros([1]),
          zeros([2]),
        ),
      /expected counts \[n\] of inputs and outputs, got \[1\] and \[2\]/,
    ],
  ])('refuses %s', (_, attempt, message) => {
    expect(attempt).toThrow(message);
  });

  it('refuses to measure nothing', async () => {
    await expect(measureGates(network, [])).rejects.toThrow('measureGates: there are no samples');
  });
});
