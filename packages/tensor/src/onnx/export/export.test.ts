import { describe, expect, it } from 'vitest';
import {
  add,
  compile,
  exportOnnx,
  mul,
  randomBits,
  randomKey,
  relu,
  type Tensor,
  tensor,
} from '../../index.js';
import {
  callConvNet,
  callPerceptron,
  callTransformer,
  convNet,
  difference,
  drawn,
  perceptron,
  runFile,
  transformer,
} from './testing.js';

const indices = (batch: number, length: number): Tensor =>
  tensor(
    Int32Array.from({ length: batch * length }, (_, i) => (i * 7) % 11),
    { shape: [batch, length] },
  );

/** The file's output next to the compiled function's. */
async function errorOf(
  file: Uint8Array | string,
  fn: (x: Tensor) => Tensor,
  name: string,
  x: Tensor,
): Promise<number> {
  const { output } = await runFile(file, { [name]: x });
  const expected = await compile(fn)(x);
  expect(output!.shape).toEqual(expected.shape);
  return difference(output!.data, (await expected.data()) as Float32Array);
}

describe('exportOnnx', () => {
  it('writes files that compute what the function does', async () => {
    const net = perceptron();
    const { bytes } = await exportOnnx(callPerceptron, net, { x: { shape: [4, 8] } });
    expect(await errorOf(bytes, (x) => callPerceptron(net, x), 'x', drawn(31, [4, 8]))).toBeLessThan(1e-6);
  });

  it('writes files for batches of all lengths', async () => {
    const net = convNet();
    const { bytes } = await exportOnnx(callConvNet, net, { image: { shape: ['batch', 3, 8, 8] } });
    for (const batch of [1, 2, 7]) {
      const image = drawn(batch, [batch, 3, 8, 8]);
      expect(await errorOf(bytes, (x) => callConvNet(net, x), 'image', image)).toBeLessThan(1e-6);
    }
  });

  it('writes files for batches and sequences of all lengths', async () => {
    const net = transformer();
    const { bytes } = await exportOnnx(callTransformer, net, {
      tokens: { shape: ['batch', 'length'], dtype: 'int32' },
    });
    for (const [batch, length] of [
      [1, 1],
      [3, 5],
      [2, 9],
    ] as const) {
      const error = await errorOf(bytes, (x) => callTransformer(net, x), 'tokens', indices(batch, length));
      expect(error).toBeLessThan(1e-6);
    }
  });
});
