import { describe, expect, it } from 'vitest';
import { exportOnnx, gelu, layerNorm, max, randomBits, reshape, type Tensor } from '../../index.js';
import { readModel } from '../import/reader.js';
import { callConvNet, callTransformer, convNet, drawn, errorOf, indices, transformer } from './testing.js';

describe('opsets', () => {
  it.each([13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24])('writes opset %i', async (opset) => {
    const [net, image] = [convNet(), drawn(50, [2, 3, 8, 8])];
    const conv = await exportOnnx(callConvNet, net, { image: { shape: ['batch', 3, 8, 8] } }, { opset });
    expect(readModel(conv.bytes).opsets.get('')).toBe(opset);
    expect(await errorOf(conv.bytes, (x) => callConvNet(net, x), 'image', image)).toBeLessThan(1e-6);
    const block = transformer();
    const attention = await exportOnnx(
      callTransformer,
      block,
      { tokens: { shape: ['batch', 'length'], dtype: 'int32' } },
      { opset },
    );
    const error = await errorOf(attention.bytes, (x) => callTransformer(block, x), 'tokens', indices(2, 4));
    expect(error).toBeLessThan(1e-6);
  });

  it('writes reductions and reshapes in the form that an old opset has', async () => {
    const fn = (_: object, x: Tensor) => max(reshape(x, [x.length(0), 2, 3]), { axis: [1, 2] });
    const { bytes } = await exportOnnx(fn, {}, { x: { shape: ['batch', 6] } }, { opset: 13 });
    const reduction = readModel(bytes).graph.nodes.find(({ type }) => type === 'ReduceMax')!;
    expect(reduction.attributes.get('axes')).toEqual({ kind: 'ints', value: [1, 2] });
    expect(await errorOf(bytes, (x) => fn({}, x), 'x', drawn(1, [5, 6]))).toBe(0);
  });

  it('writes out what an old opset has no operator for', async () => {
    const fn = (_: object, x: Tensor) => gelu(layerNorm(x));
    for (const [opset, types] of [
      [16, ['Reciprocal', 'Erf']],
      [19, ['LayerNormalization', 'Erf']],
      [20, ['LayerNormalization', 'Gelu']],
    ] as const) {
      const { bytes } = await exportOnnx(fn, {}, { x: { shape: ['batch', 6] } }, { opset });
      const { nodes } = readModel(bytes).graph;
      expect(nodes.map(({ type }) => type)).toEqual(expect.arrayContaining([...types]));
      expect(nodes.every(({ outputs }) => outputs.length === 1)).toBe(true);
      expect(await errorOf(bytes, (x) => fn({}, x), 'x', drawn(1, [3, 6]))).toBeLessThan(1e-6);
    }
  });

  it('lists what an old opset lacks', async () => {
    const fn = (_: object, key: Tensor) => randomBits(key, [4]);
    const file = exportOnnx(fn, {}, { key: { shape: [2], dtype: 'uint32' } }, { opset: 17 });
    await expect(file).rejects.toThrow(
      'exportOnnx: opset 17 does not have BitwiseOr in "randomBits" (opset 18), BitwiseXor in "randomBits" (opset 18); choose 18 or later',
    );
  });
});
