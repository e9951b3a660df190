import { Conv, crossEntropy, fit, Linear, relu, repeat, Sequential, sgd, toOnnx } from '@evenkeel/nn';
import {
  eye,
  importOnnx,
  leavesOf,
  matMul,
  normal,
  randomKey,
  splitKey,
  type Tensor,
  tensor,
  transpose,
  uniform,
} from '@evenkeel/tensor';
import { describe, expect, it } from 'vitest';
import {
  ArmorConv,
  ArmorLinear,
  type ArmorOptions,
  armor,
  armorModel,
  armorSize,
  factorArmor,
  factorArmorModel,
  inputImportance,
  layerImportances,
  pruneMagnitude,
  pruneNoWag,
  pruneWanda,
  relativeLoss,
  weightMatrix,
} from './index.js';
import { blockDiagonal, patchesOf } from './layer.js';

const float64 = (values: readonly number[] | readonly (readonly number[])[]) =>
  tensor(values as number[], 'float64');
const numbersOf = async (x: Tensor) => Array.from(await x.data(), Number);
const largestDifference = async (a: Tensor, b: Tensor) => {
  expect(a.shape).toEqual(b.shape);
  return Number(await a.sub(b).abs().max().item());
};
const keys = (seed: number, count: number) => splitKey(randomKey(seed), count) as Tensor[];

const [weightKey, importanceKey, inputKey] = keys(1, 3) as [Tensor, Tensor, Tensor];
const weight = normal(weightKey, [8, 16], { dtype: 'float64' });
const importance = uniform(importanceKey, [16], { low: 0.2, high: 2, dtype: 'float64' });
const options: ArmorOptions = { importance, blockSize: 4, iterations: 40, learningRate: 0.01 };

describe('plain pruning', () => {
  it('keeps what is largest by each measure', async () => {
    const row = float64([[4, -3, 2, 1]]);
    const kept = async (pruned: { weight: Tensor }) => numbersOf(pruned.weight);
    expect(await kept(await pruneMagnitude(row))).toEqual([4, -3, 0, 0]);
    expect(await kept(await pruneMagnitude(row, { pattern: { n: 1, m: 2 } }))).toEqual([4, 0, 2, 0]);
    const h = [1, 1, 9, 36];
    expect(await kept(await pruneWanda(row, { importance: h }))).toEqual([0, 0, 2, 1]);
    expect(await kept(await pruneNoWag(row, { importance: h }))).toEqual([0, 0, 2, 1]);
    // Columns of one weight are all alike once they are normalized.
    expect(await kept(await pruneNoWag(row, { importance: [4, 3, 2, 1] }))).toEqual([4, -3, 0, 0]);
  });

  it('loses nothing where all stay', async () => {
    const pruned = await pruneNoWag(weight, { importance, pattern: { n: 4, m: 4 } });
    expect(pruned.relativeLoss).toBe(0);
    expect(await largestDifference(pruned.weight, weight)).toBe(0);
  });
});

describe('factoring', () => {
  it('begins at NoWag-P and ends lower, with n of every m', async () => {
    const { layer, mask, relativeLosses } = await armor(weight, options);
    const start = await pruneNoWag(weight, options);
    expect(relativeLosses[0]).toBeCloseTo(start.relativeLoss, 12);
    expect(relativeLosses).toHaveLength(41);
    expect(relativeLosses.at(-1)).toBeLessThan(0.5 * start.relativeLoss);
    expect(relativeLosses.at(-1)).toBe(Math.min(...relativeLosses));
    const loss = await relativeLoss(weight, layer.reconstruct(), { importance });
    expect(loss).toBeCloseTo(relativeLosses.at(-1)!, 10);
    const kept = await numbersOf(mask);
    for (let from = 0; from < kept.length; from += 4)
      expect(kept.slice(from, from + 4).sort()).toEqual([0, 0, 1, 1]);
    const core = await numbersOf(layer.core);
    core.forEach((each, i) => {
      if (kept[i] === 0) expect(each).toBe(0);
    });
  });

  it('takes blocks of different sides, other patterns and selections', async () => {
    for (const other of [
      { blockSize: { left: 2, right: 8 } },
      { blockSize: { left: 1, right: 4 } },
      { blockSize: { left: 8, right: 16 } },
      { pattern: { n: 1, m: 4 } },
      { choice: 'greedy', norm: 'L2' },
      { choice: 'uniform' },
    ] satisfies Partial<ArmorOptions>[]) {
      const { layer, relativeLosses } = await armor(weight, { ...options, iterations: 15, ...other });
      expect(relativeLosses.at(-1)).toBeLessThan(relativeLosses[0]!);
      const { left, right } = 'blockSize' in other ? other.blockSize : ({ left: 4, right: 4 } as const);
      expect(layer.left.shape).toEqual([8 / left, left, left]);
      expect(layer.right.shape).toEqual([16 / right, right, right]);
    }
  });

  it('is the same for the same seed, and in float32', async () => {
    const short = { ...options, iterations: 5 };
    const [one, same, other] = await Promise.all([
      armor(weight, short),
      armor(weight, short),
      armor(weight, { ...short, seed: 1 }),
    ]);
    expect(same.relativeLosses).toEqual(one.relativeLosses);
    expect(other.relativeLosses.at(-1)).not.toBe(one.relativeLosses.at(-1));
    const single = await armor(weight.cast('float32'), { ...short, importance: importance.cast('float32') });
    expect(single.layer.core.dtype).toBe('float32');
    expect(single.relativeLosses[0]).toBeCloseTo(one.relativeLosses[0]!, 5);
  });

  it('never ends above its start, however large the steps are, unless the last is asked for', async () => {
    const wild = { ...options, iterations: 8, learningRate: 3 };
    const kept = await armor(weight, wild);
    expect(Math.max(...kept.relativeLosses)).toBeGreaterThan(1);
    expect(kept.relativeLosses.at(-1)).toBe(kept.relativeLosses[0]);
    const loss = await relativeLoss(weight, kept.layer.reconstruct(), { importance });
    expect(loss).toBeCloseTo(kept.relativeLosses[0]!, 10);
    const beyond = await armor(weight, { ...wild, learningRate: 1e300 });
    expect(beyond.relativeLosses.every(Number.isFinite)).toBe(false);
    expect(beyond.relativeLosses.at(-1)).toBe(kept.relativeLosses[0]);
    const last = await armor(weight, { ...wild, keepBest: false });
    expect(last.relativeLosses.at(-1)).toBeGreaterThan(kept.relativeLosses[0]!);
    const lastLoss = await relativeLoss(weight, last.layer.reconstruct(), { importance });
    expect(lastLoss / last.relativeLosses.at(-1)!).toBeCloseTo(1, 8);
  });

  it('stops when nothing improves, as where nothing is pruned', async () => {
    const whole = await armor(weight, { ...options, pattern: { n: 4, m: 4 }, patience: 3 });
    expect(whole.relativeLosses[0]).toBe(0);
    expect(whole.relativeLosses.at(-1)).toBe(0);
    expect(whole.relativeLosses).toHaveLength(5);
    expect(await largestDifference(whole.layer.reconstruct(), weight)).toBeLessThan(1e-12);
    const zero = await armor(weight.mul(0), { ...options, patience: 2 });
    expect(zero.relativeLosses.at(-1)).toBe(0);
  });

  it('tells where it stands, and stops at a signal', async () => {
    const controller = new AbortController();
    const steps = factorArmor(weight, { ...options, signal: controller.signal });
    const { value } = await steps.next();
    expect(value).toMatchObject({ iteration: 1, iterations: 40 });
    controller.abort(new Error('enough'));
    await expect(steps.next()).rejects.toThrow('enough');
  });

  it('warns of patterns with many supports', async () => {
    const warnings: string[] = [];
    const onWarning = (message: string) => warnings.push(message);
    const short = { importance: Array(10).fill(1), iterations: 1, onWarning };
    const wide = normal(weightKey, [2, 10]);
    await armor(wide, { ...short, blockSize: { left: 1, right: 10 }, pattern: { n: 5, m: 10 } });
    expect(warnings).toEqual(['armor: 5 of 10 has 252 supports, which are all tried in each step']);
    await armor(wide, { ...short, blockSize: { left: 1, right: 10 }, pattern: { n: 2, m: 10 } });
    expect(warnings).toHaveLength(1);
  });
});

describe('a factored layer', () => {
  it('computes A (S (B x)) + bias, which is its weight times x', async () => {
    const bias = normal(importanceKey, [8], { dtype: 'float64' });
    const { layer } = await armor(weight, { ...options, iterations: 5, bias });
    const x = normal(inputKey, [3, 2, 16], { dtype: 'float64' });
    const expected = matMul(x, transpose(layer.reconstruct())).add(bias);
    expect(await largestDifference(layer.call(x), expected)).toBeLessThan(1e-12);
    const alone = x.reshape([6, 16]).reshape([96]).reshape([6, 16]);
    expect(await largestDifference(layer.call(alone), expected.reshape([6, 8]))).toBeLessThan(1e-12);
    const vector = normal(inputKey, [16], { dtype: 'float64' });
    expect(layer.call(vector).shape).toEqual([8]);
  });

  it('multiplies by blocks as by the matrix that they make', async () => {
    const blocks = normal(weightKey, [3, 2, 2], { dtype: 'float64' });
    const x = normal(inputKey, [5, 6], { dtype: 'float64' });
    const numbers = await numbersOf(blocks);
    const dense = Array.from({ length: 6 }, (_, i) =>
      Array.from({ length: 6 }, (_, j) =>
        Math.floor(i / 2) === Math.floor(j / 2) ? numbers[2 * i + (j % 2)]! : 0,
      ),
    );
    expect(
      await largestDifference(blockDiagonal(blocks, x), matMul(x, transpose(float64(dense)))),
    ).toBeLessThan(1e-12);
    const full = normal(weightKey, [1, 6, 6], { dtype: 'float64' });
    expect(
      await largestDifference(blockDiagonal(full, x), matMul(x, transpose(full.reshape([6, 6])))),
    ).toBeLessThan(1e-12);
  });

  it('says what it takes to store', async () => {
    const { layer } = await armor(weight, { ...options, iterations: 1 });
    // 64 values of 32 bits with 2 bits each of place; 2 · 16 + 4 · 16 numbers in the blocks.
    const size = { dense: 4096, core: 2048, positions: 128, wrappers: 3072 };
    expect(armorSize(layer)).toEqual({ ...size, share: 5248 / 4096, overhead: 0.75 });
    expect(armorSize(layer, { bits: 16 }).share).toBe((1024 + 128 + 1536) / 2048);
    expect(armorSize(layer, { pattern: { n: 4, m: 4 } }).positions).toBe(0);
    expect(armorSize(layer, { pattern: { n: 1, m: 8 } }).positions).toBe(48);
  });
});

describe('a factored convolution', () => {
  it.each([
    { kernel: [3, 3], strides: 2, padding: 1 },
    { kernel: [2, 2], padding: 'same' as const },
    { kernel: [3, 1], dilation: 2 },
    { kernel: [3], padding: 1 },
  ])('is one of its patches: %o', async ({ kernel, ...geometry }) => {
    const layer = new Conv(weightKey, 4, 8, kernel, geometry);
    const x = normal(inputKey, kernel.length === 1 ? [2, 4, 9] : [2, 4, 8, 9]);
    const places = kernel.reduce((a, b) => a * b);
    const exact = new ArmorLinear(
      {
        left: eye(8).reshape([1, 8, 8]),
        core: weightMatrix(layer),
        right: eye(4 * places).reshape([1, 4 * places, 4 * places]),
      },
      layer.bias,
    );
    const factored = new ArmorConv(exact, { ...geometry, inputs: 4, kernel });
    expect(await largestDifference(factored.call(x), layer.call(x))).toBeLessThan(1e-5);
    expect(patchesOf(x, { ...geometry, inputs: 4, kernel }).length(-1)).toBe(4 * places);
  });
});

const network = (seed: number) => {
  const [first, second, third] = keys(seed, 3);
  return new Sequential(
    new Conv(first!, 4, 8, [3, 3], { padding: 1 }),
    relu,
    (x: Tensor) => x.reshape([x.length(0), 8 * 36]),
    new Linear(second!, 8 * 36, 16),
    relu,
    new Linear(third!, 16, 2),
  );
};
const call = (model: Sequential, x: Tensor) => model.call(x);
const images = normal(inputKey, [24, 4, 6, 6]);
const labels = tensor(
  Array.from({ length: 24 }, (_, i) => i % 2),
  'int32',
);
const settings = {
  call,
  inputs: [images],
  blockSize: { left: 2, right: 12 },
  iterations: 60,
  learningRate: 5e-3,
};

describe('a factored model', () => {
  it('keeps more of what it does than plain pruning, and all of it in an ONNX file', async () => {
    const { model: dense } = await fit({
      model: network(3),
      loss: (net: Sequential, batch) => crossEntropy(net.call(batch.images), batch.labels),
      optimizer: sgd({ learningRate: 0.05, momentum: 0.9 }),
      batches: repeat({ images, labels }),
      steps: 40,
    });
    const { model, layers } = await armorModel(dense, { ...settings, layers: /steps\.[03]/ });
    expect(Object.keys(layers)).toEqual(['steps.0', 'steps.3']);
    expect(model.steps[0]).toBeInstanceOf(ArmorConv);
    expect(model.steps[3]).toBeInstanceOf(ArmorLinear);
    expect(model.steps[5]).toBe(dense.steps[5]);
    const before = dense.call(images);
    const change = await largestDifference(model.call(images), before);

    const importances = await layerImportances(dense, { call, inputs: [images] });
    const conv = dense.steps[0] as Conv;
    const linear = dense.steps[3] as Linear;
    const convWeight = (
      await pruneNoWag(weightMatrix(conv), { importance: importances['steps.0']! })
    ).weight.reshape(conv.weight.shape);
    const linearWeight = (await pruneNoWag(weightMatrix(linear), { importance: importances['steps.3']! }))
      .weight;
    const plain = Object.assign(network(0), {
      steps: dense.steps.map((step, i) => {
        if (i === 0) return Object.assign(Object.create(Conv.prototype), conv, { weight: convWeight });
        return i === 3
          ? Object.assign(Object.create(Linear.prototype), linear, { weight: transpose(linearWeight) })
          : step;
      }),
    });
    expect(change).toBeLessThan(0.5 * (await largestDifference(plain.call(images), before)));
    for (const { relativeLosses } of Object.values(layers))
      expect(relativeLosses.at(-1)).toBeLessThan(0.5 * relativeLosses[0]!);

    const { bytes } = await toOnnx(model, call, { images });
    const imported = await importOnnx(bytes);
    for (const n of [1, 5]) {
      const x = normal(randomKey(n), [n, 4, 6, 6]);
      expect(await largestDifference(imported.call(x), model.call(x))).toBeLessThan(1e-5);
    }
    // The core is as large as the dense weight was, half of it zeros; the blocks come on top.
    const written = imported.weights;
    expect(written['steps.3.left']!.shape).toEqual([8, 2, 2]);
    expect(written['steps.3.right']!.shape).toEqual([24, 12, 12]);
    expect(written['steps.0.linear.core']!.shape).toEqual([8, 36]);
    const core = await numbersOf(written['steps.3.core']!);
    expect(core).toHaveLength(16 * 288);
    expect(core.filter((each) => each === 0)).toHaveLength(8 * 288);
    const plainFile = await toOnnx(dense, call, { images });
    expect(bytes.length).toBeGreaterThan(plainFile.bytes.length);
  });

  it('takes what a layer is given: means over all calls, patches of images', async () => {
    const layer = new Linear(weightKey, 4, 4);
    const model = { layer, again: layer, other: new Linear(importanceKey, 4, 4) };
    const run = (net: typeof model, x: Tensor) => net.other.call(net.again.call(net.layer.call(x)));
    const x = normal(inputKey, [7, 4]);
    const importances = await layerImportances(model, { call: run, inputs: [x] });
    expect(Object.keys(importances)).toEqual(['layer', 'other']);
    const mean = inputImportance(x)
      .add(inputImportance(layer.call(x)))
      .div(2);
    expect(await largestDifference(importances.layer!, mean)).toBeLessThan(1e-6);
    const small = { ...settings, call: run, inputs: [x], blockSize: 4, iterations: 1 };
    const factored = await armorModel(model, small);
    expect(factored.model.layer).toBe(factored.model.again);
    expect(leavesOf(model)).toHaveLength(4);
    const chosen = { layers: (path: string) => path.startsWith('steps.0'), inputs: [images], call };
    const ofPatches = await layerImportances(network(1), chosen);
    const patches = patchesOf(images, { inputs: 4, kernel: [3, 3], padding: 1 });
    expect(await largestDifference(ofPatches['steps.0']!, inputImportance(patches))).toBeLessThan(1e-6);
  });

  it('is told layer by layer, and can be left', async () => {
    const seen: string[] = [];
    const two = { ...settings, layers: /steps\.[03]/, iterations: 2 };
    for await (const { path, iteration } of factorArmorModel(network(1), two)) {
      seen.push(`${path} ${iteration}`);
      if (path === 'steps.3') break;
    }
    expect(seen).toEqual(['steps.0 1', 'steps.0 2', 'steps.3 1']);
  });
});

it('refuses bad input', async () => {
  const bad = (other: Partial<ArmorOptions>, of = weight) =>
    expect(armor(of, { ...options, ...other })).rejects;
  await bad({ blockSize: 3 }).toThrow('armor: blockSize: got 3, expected a divisor of 8 outputs');
  await bad({ blockSize: { left: 8, right: 3 } }).toThrow('got 3, expected a divisor of 16 inputs');
  await bad({ blockSize: 2 }).toThrow('armor: blockSize: got 2 for inputs, expected a multiple of 4');
  await bad({ blockSize: 0 }).toThrow('blockSize: got 0');
  await bad({ pattern: { n: 2, m: 5 } }).toThrow('armor: rows of 16 cannot be cut into groups of 5');
  await bad({ pattern: { n: 5, m: 4 } }).toThrow('armor: got 5 of 4');
  await bad({ pattern: { n: 0, m: 4 } }).toThrow('armor: got 0 of 4');
  await bad({ importance: [1, 2] }).toThrow('armor: importance: got 2 numbers for 16 inputs');
  await bad({ importance: Array(16).fill(-1) }).toThrow('armor: importance: got -1, expected at least 0');
  await bad({ importance: Array(16).fill(Number.NaN) }).toThrow('importance: no entry is finite and above 0');
  await bad({ importance: Array(16).fill(0) }).toThrow('importance: no entry is finite and above 0');
  await bad({ iterations: 0 }).toThrow('armor: iterations: got 0, expected an integer of at least 1');
  await bad({ patience: 1.5 }).toThrow('armor: patience: got 1.5');
  await bad({ learningRate: Number.NaN }).toThrow('armor: learningRate: got NaN, expected a finite number');
  await bad({ damping: -1 }).toThrow('armor: damping: got -1');
  await bad({ leastNorm: -1 }).toThrow('armor: leastNorm: got -1');
  await bad({ epsilon: -1 }).toThrow('armor: epsilon: got -1');
  await bad({ seed: -1 }).toThrow('armor: seed: got -1, expected an integer of at least 0');
  await bad({ choice: 'best' as 'greedy' }).toThrow('armor: choice: got best, expected sampled, greedy');
  await bad({ norm: 'L3' as 'L1' }).toThrow('armor: norm: got L3, expected L1, L2 or Linf');
  const infinite = weight.mul(float64(Array(16).fill(Number.POSITIVE_INFINITY)));
  await bad({}, infinite).toThrow(/armor: weights must be finite, got -?Infinity/);
  await bad({}, weight.cast('int32')).toThrow('armor: expected float weights, got int32');
  await bad({}, weight.reshape([8, 4, 4])).toThrow(
    'armor: expected a weight [outputs, inputs], got [8, 4, 4]',
  );
  await expect(pruneMagnitude(infinite)).rejects.toThrow('pruneMagnitude: weights must be finite');
  await expect(pruneWanda(weight, { importance: [1] })).rejects.toThrow(
    'pruneWanda: importance: got 1 numbers',
  );
  await expect(pruneNoWag(weight, { importance, pattern: { n: 3, m: 2 } })).rejects.toThrow('got 3 of 2');
  expect(() => inputImportance(float64([1, 2]))).toThrow('inputImportance: expected inputs [..., inputs]');

  const { layer } = await armor(weight, { ...options, iterations: 1 });
  expect(() => layer.call(float64([1, 2]))).toThrow('ArmorLinear: expected inputs [..., 16], got [2]');
  const { core, left } = layer;
  expect(() => new ArmorLinear({ left, core, right: left })).toThrow(
    'ArmorLinear: blocks do not fit the core',
  );
  expect(() => armorSize(layer, { pattern: { n: 2, m: 5 } })).toThrow('armorSize: rows of 16');

  const model = (layers: RegExp, net = network(1)) =>
    expect(armorModel(net, { ...settings, layers })).rejects;
  await model(/hidden/).toThrow('armorModel: no layer is chosen; there are: steps.0, steps.3, steps.5');
  await model(/./).toThrow('steps.5: armor: blockSize: got 12, expected a divisor of 16 inputs');
  const grouped = new Sequential(new Conv(weightKey, 4, 4, [1, 1], { groups: 2 }));
  await model(/./, grouped).toThrow('armorModel: steps.0: a convolution in groups cannot be factored');
  const idle = { used: new Linear(weightKey, 4, 4), idle: new Linear(weightKey, 4, 4) };
  const run = (net: typeof idle, x: Tensor) => net.used.call(x);
  await expect(layerImportances(idle, { call: run, inputs: [normal(inputKey, [2, 4])] })).rejects.toThrow(
    'layerImportances: the call does not use idle',
  );
});
