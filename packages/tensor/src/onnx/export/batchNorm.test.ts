import { describe, expect, it } from 'vitest';
import {
  add,
  batchNormInference,
  type ExportOptions,
  exportOnnx,
  full,
  type ImportedModule,
  importOnnx,
  mapTree,
  mul,
  ones,
  type Tensor,
  zeros,
} from '../../index.js';
import { readModel } from '../import/reader.js';
import { difference, drawn, runFile } from './testing.js';

const norm = () => ({
  scale: drawn(1, [4]),
  shift: drawn(2, [4]),
  mean: drawn(3, [4], 0.2),
  variance: mul(drawn(4, [4]), drawn(4, [4])),
});
type Norm = ReturnType<typeof norm>;
const call = (each: Norm, x: Tensor) => batchNormInference(x, each, { ...each, epsilon: 1e-3 });
const x = drawn(5, [3, 4, 5]);
const operatorsOf = ({ bytes }: { bytes: Uint8Array }) =>
  readModel(bytes).graph.nodes.map(({ type }) => type);
const write = (fn: typeof call, options: ExportOptions = {}) =>
  exportOnnx(fn, norm(), { x: { shape: ['n', 4, 5] } }, options);

async function expectSame(fn: typeof call, bytes: Uint8Array, bound = 1e-5) {
  const { output } = await runFile(bytes, { x });
  expect(difference(output!.data, (await fn(norm(), x).data()) as Float32Array)).toBeLessThan(bound);
}

describe('batch normalization in files', () => {
  it.each<[string, ExportOptions, number]>([
    ['as they are', {}, 1e-5],
    ['in half precision', { weights: { as: 'float16' } }, 5e-3],
    ['for an old version', { opset: 13 }, 1e-5],
  ])('is one operator on the weights: %s', async (_, options, bound) => {
    const written = await write(call, options);
    expect(operatorsOf(written).filter((type) => type !== 'Cast')).toEqual(['BatchNormalization']);
    await expectSame(call, written.bytes, bound);
  });

  it('keeps statistics apart from what is trained, and trains by those of the batch, when it is read', async () => {
    const module = await importOnnx((await write(call)).bytes);
    expect(Object.keys(module.parameters)).toEqual(['scale', 'shift']);
    expect([...module.buffers.keys()]).toEqual(['mean', 'variance']);
    const { buffers } = module.run([x], { training: {} });
    expect(buffers.mean).not.toBe(module.buffers.get('mean'));
    const again = await exportOnnx(
      (weights: ImportedModule['weights'], input: Tensor) => module.withWeights(weights).call(input),
      module.weights,
      { x: { shape: ['n', 4, 5] } },
    );
    expect(operatorsOf(again)).toEqual(['BatchNormalization']);
    await expectSame(call, again.bytes);
  });

  it.each<[string, typeof call]>([
    ['one number for all channels', (each, input) => call({ ...each, scale: full([4], 2) }, input)],
    [
      'statistics of one number',
      (each, input) => call({ ...each, mean: zeros([4]), variance: ones([4]) }, input),
    ],
    ['no scale and shift', ({ mean, variance }, input) => batchNormInference(input, { mean, variance })],
    [
      'weights that are computed',
      (each, input) =>
        call(
          mapTree((leaf) => add(leaf, 0.5), each),
          input,
        ),
    ],
  ])('computes the same with %s', async (_, fn) => {
    await expectSame(fn, (await write(fn)).bytes);
  });

  it('is two numbers a channel where constants are computed before', async () => {
    const { bytes } = await write(call, { fold: true });
    await expectSame(call, bytes);
  });
});
