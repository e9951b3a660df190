import {
  BatchNorm,
  Conv,
  crossEntropy,
  fit,
  frozen,
  globalAveragePool,
  Linear,
  ResidualBlock,
  relu,
  repeat,
  Sequential,
  sgd,
} from '@evenkeel/nn';
import {
  compile,
  flatten,
  grad,
  leavesOf,
  normal,
  randomKey,
  slice,
  splitKey,
  type Tensor,
  tensor,
  zeros,
} from '@evenkeel/tensor';
import { describe, expect, it } from 'vitest';
import {
  estimateReduction,
  Gated,
  type GatedNetwork,
  gateNetwork,
  gateOptimizer,
  layerMultiplyAdds,
  maskLoss,
  measureGates,
  type NetworkPass,
  packedCall,
  packedGate,
  peakActivations,
  predictedMask,
  unpack,
} from './index.js';

const float64 = (elements: number[]) => tensor(elements, 'float64');
const numbersOf = async (x: Tensor) => Array.from(await x.data(), Number);
const rowsOf = async (x: Tensor) => (await x.toArray()) as number[][];
const mass = (r: number) => ({ type: 'mass' as const, r });

const keys = splitKey(randomKey(2), 8) as Tensor[];
const dtype = 'float64' as const;
const flat = (x: Tensor) => x.reshape([x.length(0), x.size / x.length(0)]);
const network = () =>
  new Sequential(
    new Conv(keys[0]!, 3, 6, [3, 3], { padding: 1, bias: false, dtype }),
    new BatchNorm(6, { dtype }),
    relu,
    new Conv(keys[1]!, 6, 8, [3, 3], { strides: 2, dtype }),
    relu,
    flat,
    new Linear(keys[2]!, 8 * 9, 10, { dtype }),
    relu,
    new Linear(keys[3]!, 10, 3, { dtype }),
  );
const images = normal(keys[4]!, [5, 3, 8, 8], { dtype });
const labels = tensor([0, 1, 2, 0, 1], 'int32');
const gated = (options: Partial<Parameters<typeof gateNetwork>[2]> = {}) =>
  gateNetwork(keys[5]!, network(), { target: mass(0.7), softmax: false, ...options });
const residual = () =>
  new Sequential(
    new ResidualBlock(keys[0]!, 3, 6, { stride: 2, dtype }),
    new ResidualBlock(keys[1]!, 6, 6, { dtype }),
    globalAveragePool,
    new Linear(keys[2]!, 6, 3, { dtype }),
  );
const largest = async (x: Tensor) => Math.max(...(await numbersOf(x.abs())));
const maskLossOf = ({ gates }: NetworkPass) =>
  maskLoss(
    gates.map(({ logits }) => logits),
    gates.map(({ target }) => target),
  );
const isHead = (path: string) => /(^|\.)head\./.test(path);

describe('a network with gates', () => {
  it('is the dense network when everything is let through', async () => {
    for (const dense of [network(), residual()]) {
      const open = gateNetwork(keys[5]!, dense, { target: mass(0.7) }).pass(images, { mask: 'open' });
      expect(await largest(open.output.sub(dense.call(images)))).toBeLessThan(1e-12);
      expect(await numbersOf(open.multiplyAdds)).toEqual(Array(5).fill(open.denseMultiplyAdds));
      expect((await measureGates(open.network, [images], 'open')).reduction).toBe(0);
    }
  });

  it('masks what heads drop, before the next layer reads it', async () => {
    const { output, gates } = gated().pass(images);
    expect(gates.map(({ mask }) => mask.shape)).toEqual([
      [5, 6],
      [5, 8],
      [5, 10],
    ]);
    for (const { mask, logits, output: masked, peaks } of gates) {
      expect(await numbersOf(mask)).toEqual(await numbersOf(predictedMask(logits)));
      expect(await numbersOf(peakActivations(masked))).toEqual(await numbersOf(peaks.mul(mask)));
    }
    expect(await numbersOf(gated().call(images))).toEqual(await numbersOf(output));
  });

  it('counts the work of what is left', async () => {
    const [first, second] = [1, 0].map((i) => ({
      inputs: 3 + 5 * (1 - i),
      outputs: 8,
      positions: 16,
      kernel: 9,
      groups: 1,
    }));
    const work = layerMultiplyAdds(first!, float64([3]), float64([4])).add(
      layerMultiplyAdds(second!, float64([4]), float64([2])),
    );
    expect(await numbersOf(work)).toEqual([2880]);
    const depthwise = { inputs: 8, outputs: 8, positions: 16, kernel: 9, groups: 8 };
    expect(await numbersOf(layerMultiplyAdds(depthwise, float64([4, 8]), float64([2, 8])))).toEqual([
      144, 1152,
    ]);
  });

  it('counts each layer by what is active before and in it', async () => {
    const masks = [
      float64([1, 1, 0, 0, 0, 0]),
      float64([1, 1, 1, 1, 0, 0, 0, 0]),
      float64([1, 0, 0, 0, 0, 0, 0, 0, 0, 0]),
    ];
    const { multiplyAdds, denseMultiplyAdds } = gated().pass(images, { mask: masks });
    expect(denseMultiplyAdds).toBe(64 * 6 * 27 + 9 * 8 * 54 + 720 + 30);
    const left = 64 * 2 * 27 + 9 * 4 * 18 + 36 * 1 + 3;
    for (const each of await numbersOf(multiplyAdds)) expect(each).toBeCloseTo(left, 8);
    const measured = await measureGates(gated(), [images], masks);
    expect(measured.reduction).toBeCloseTo(1 - left / denseMultiplyAdds, 12);
    expect(measured.gates.map(({ active }) => active)).toEqual([2, 4, 1]);
  });

  it('keeps the shortcut and the sum of residual blocks', async () => {
    const model = gateNetwork(keys[5]!, residual(), { target: mass(0.8) });
    const closed = model.pass(images, { mask: Array.from({ length: 4 }, () => zeros([6], 'float64')) });
    const [block] = residual().steps as [ResidualBlock];
    const direct = relu(block.shortcutNorm!.call(block.shortcut!.call(images)));
    const { first, second } = model.steps[0] as unknown as { first: Gated; second: Gated };
    expect(second.activation).toBeUndefined();
    expect(first.activation).toBe(relu);
    const end = new Sequential(globalAveragePool, residual().steps[3]!).call(direct);
    expect(await largest(closed.output.sub(end))).toBeLessThan(1e-12);
    expect(await numbersOf(closed.multiplyAdds)).toEqual(Array(5).fill(16 * 6 * 3 + 18));
  });

  it('counts residual blocks without gates, too', () => {
    const options = { target: mass(0.8) };
    const [all, without] = [true, false].map((first) =>
      gateNetwork(keys[5]!, residual(), { ...options, first }).pass(images),
    );
    expect(without!.gates).toHaveLength(2);
    expect(without!.denseMultiplyAdds).toBe(all!.denseMultiplyAdds);
    expect(all!.denseMultiplyAdds).toBe(16 * 6 * (3 + 9 * 3 + 3 * 9 * 6) + 18);
  });

  it('measures what heads get right, beside the best guess that is the same for all', async () => {
    const model = gated();
    const { gates, warnings } = await measureGates(model, [images]);
    const pass = model.pass(images);
    for (const [i, { accuracy, majority, use }] of gates.entries()) {
      const [targets, masks] = [await rowsOf(pass.gates[i]!.target), await rowsOf(pass.gates[i]!.mask)];
      const right = targets.flatMap((row, n) => row.map((each, f) => Number(each === masks[n]![f])));
      expect(accuracy).toBeCloseTo(right.reduce((a, b) => a + b) / right.length, 12);
      expect(majority).toBeGreaterThanOrEqual(0.5);
      use.forEach((each, f) => {
        expect(each).toBeCloseTo(masks.reduce((n, row) => n + row[f]!, 0) / 5, 12);
      });
    }
    expect(warnings).toEqual([]);
    const twice = await measureGates(model, [slice(images, [0], [2]), slice(images, [2])]);
    expect(twice.gates[0]!.active).toBeCloseTo(gates[0]!.active, 12);
  });

  it('estimates by the targets, whatever the heads say', async () => {
    const other = gateNetwork(keys[6]!, network(), { target: mass(0.7), softmax: false });
    const estimate = await estimateReduction(gated(), [images]);
    expect(estimate).toBeGreaterThan(0);
    expect(await estimateReduction(other, [images])).toBe(estimate);
    expect(await estimateReduction(gated({ target: mass(-1) }), [images])).toBe(0);
    const stronger = await estimateReduction(gated({ target: mass(0.5) }), [images]);
    expect(stronger).toBeGreaterThan(estimate);
    expect(await estimateReduction(gated(), [images], mass(0.5))).toBe(stronger);
  });

  it('tells of layers without any response, and of heads that see one channel', async () => {
    const dead = await measureGates(gated({ target: mass(1) }), [images.mul(0)], 'open');
    expect(dead.warnings[0]).toBe('gate 0: all filters are 0 for 5 of 5 samples');
    const warnings: string[] = [];
    const grey = new Sequential(new Conv(keys[0]!, 1, 4, [3, 3]), relu);
    const options = { target: mass(0.7), onWarning: (message: string) => warnings.push(message) };
    gateNetwork(keys[5]!, grey, { ...options, softmax: false });
    expect(warnings).toEqual([]);
    gateNetwork(keys[5]!, grey, options);
    expect(warnings).toEqual([expect.stringMatching(/gate 0 reads one channel/)]);
  });

  it('may leave out the first layer, and give each gate its own target', () => {
    const model = gated({ first: false, target: (gate) => mass([0.5, 0.9][gate]!) });
    const gates = model.steps.filter((step) => step instanceof Gated);
    expect(gates.map(({ target }) => target)).toEqual([mass(0.5), mass(0.9)]);
    expect(model.steps.slice(0, 3).map((step) => step instanceof Gated)).toEqual([false, false, false]);
    const warm = model.withTarget(mass(-1)).pass(images).gates;
    expect(warm.map(({ target }) => target.shape)).toEqual([
      [5, 8],
      [5, 10],
    ]);
  });
});

describe('gradients', () => {
  /** The largest derivative by heads, and by everything else. */
  const sizes = async (loss: (model: GatedNetwork) => Tensor, model: GatedNetwork) => {
    const run = compile((each: GatedNetwork) => leavesOf(grad(loss)(each)).map((leaf) => leaf.abs().max()));
    const largestOf = await run(model);
    const found = { heads: 0, backbone: 0 };
    for (const [i, path] of flatten(model).paths.entries()) {
      const part = isHead(path) ? 'heads' : 'backbone';
      found[part] = Math.max(found[part], Number(await largestOf[i]!.item()));
    }
    await run.release();
    return found;
  };
  const ofMasks = (model: GatedNetwork) => maskLossOf(model.pass(images));

  it('of the task never reach the heads', async () => {
    for (const mode of ['decoupled', 'joint'] as const) {
      const found = await sizes((model) => crossEntropy(model.call(images), labels), gated({ mode }));
      expect(found.heads).toBe(0);
      expect(found.backbone).toBeGreaterThan(0);
    }
  });

  it('of the masks reach the backbone in joint mode only', async () => {
    const decoupled = await sizes(ofMasks, gated());
    expect(decoupled.backbone).toBe(0);
    expect(decoupled.heads).toBeGreaterThan(0);
    expect((await sizes(ofMasks, gated({ mode: 'joint' }))).backbone).toBeGreaterThan(0);
  });

  it('of the task come through kept filters only', async () => {
    const block = gated().steps[0] as Gated;
    const mask = float64([1, 0, 1, 0, 0, 1]);
    const gradient = grad((each: Gated) => each.pass(images, { mask }).output.sum())(block);
    const layer = gradient.layer.weight.reshape([6, 27]).abs().sum({ axis: 1 });
    expect((await numbersOf(layer)).map((each) => Number(each > 0))).toEqual([1, 0, 1, 0, 0, 1]);
  });
});

describe('training', () => {
  const lossOf = (model: GatedNetwork, batch: { images: Tensor; labels: Tensor }) => {
    const pass = model.pass(batch.images, { training: true });
    return { loss: crossEntropy(pass.output, batch.labels).add(maskLossOf(pass)), model: pass.network };
  };

  it('of both parts lowers both losses', async () => {
    const options = {
      loss: lossOf,
      optimizer: gateOptimizer({ backbone: sgd({ learningRate: 0.05 }), heads: sgd({ learningRate: 0.1 }) }),
      batches: repeat({ images, labels }),
    };
    const { model } = await fit({ model: gated(), ...options, steps: 60 });
    const losses = async (each: GatedNetwork) => {
      const pass = each.pass(images, { training: true });
      return [await crossEntropy(pass.output, labels).item(), await maskLossOf(pass).item()].map(Number);
    };
    const [before, after] = [await losses(gated()), await losses(model)];
    after.forEach((each, i) => {
      expect(each).toBeLessThan(before[i]!);
    });
    const running = ({ steps }: GatedNetwork) => (steps[0] as Gated).norm!.running.mean;
    expect(await largest(running(model).sub(running(gated())))).toBeGreaterThan(0);
  });

  it('of the heads alone leaves the backbone as it is, and of the backbone alone the heads', async () => {
    const at = async (optimizer: ReturnType<typeof gateOptimizer>) => {
      const loss = (model: GatedNetwork, batch: { images: Tensor; labels: Tensor }) => {
        const pass = model.pass(batch.images);
        return crossEntropy(pass.output, batch.labels).add(maskLossOf(pass));
      };
      const { model } = await fit({
        model: gated(),
        loss,
        optimizer,
        batches: repeat({ images, labels }),
        steps: 2,
      });
      const { paths } = flatten(model);
      const start = leavesOf(gated());
      const moved = await Promise.all(
        leavesOf(model).map(async (leaf, i) => (await largest(leaf.sub(start[i]!))) > 0),
      );
      return paths.filter((_, i) => moved[i]);
    };
    expect((await at(gateOptimizer())).every(isHead)).toBe(true);
    const backbone = await at(gateOptimizer({ heads: frozen, backbone: sgd({ learningRate: 0.1 }) }));
    expect(backbone.length).toBeGreaterThan(0);
    expect(backbone.some(isHead)).toBe(false);
  });
});

describe('packed gates', () => {
  const one = slice(images, [0], [1]);
  const near = async (a: Tensor, b: Tensor) => {
    expect(await largest(a.sub(b))).toBeLessThan(1e-12);
  };

  const counts = async ({ gates }: NetworkPass) =>
    Promise.all(gates.map(async ({ mask }) => Math.max(1, Number(await mask.sum().item()))));

  it('compute kept filters only, one layer after the other', async () => {
    const model = gated();
    const [first, second] = model.steps.filter((step) => step instanceof Gated);
    const { gates } = model.pass(one);
    const filters = await counts(model.pass(one));
    const run = compile((x: Tensor) => {
      const inner = packedGate(first!, x, filters[0]!);
      return { inner, outer: packedGate(second!, inner, filters[1]!) };
    });
    const { inner, outer } = await run(one);
    expect(inner.values.shape).toEqual([1, filters[0], 8, 8]);
    expect(outer.values.shape).toEqual([1, filters[1], 3, 3]);
    await near(unpack({ ...inner, of: 6 }), gates[0]!.output);
    await near(unpack({ ...outer, of: 8 }), gates[1]!.output);
    await run.release();
  });

  it('make the same of a sample as masks do, whatever the network', async () => {
    const models = [
      gated({ pool: 'average', softmax: true }),
      gated({ first: false }),
      gateNetwork(keys[5]!, residual(), { target: mass(0.8), softmax: false }),
    ];
    for (const model of models) {
      const pass = model.pass(one);
      await near(packedCall(model, one, await counts(pass)), pass.output);
    }
  });

  it('pass the largest logits where more are let through than there is room for', async () => {
    const [block] = gated().steps as [Gated];
    const { logits, output } = block.pass(one, { mask: 'open' });
    const order = (await numbersOf(logits)).map((each, i) => [each, i] as const).sort(([a], [b]) => b - a);
    const [, best] = order[0]!;
    const { channels, values } = packedGate(block, one, 1);
    expect(await numbersOf(channels)).toEqual([best]);
    const peak = (await numbersOf(peakActivations(output)))[best]!;
    expect(await largest(values)).toBeCloseTo(order[0]![0] > 0 ? peak : 0, 12);
  });
});
