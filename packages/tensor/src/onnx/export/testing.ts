import { InferenceSession, Tensor as OrtTensor } from 'onnxruntime-node';
import {
  add,
  batchNormInference,
  compile,
  conv,
  globalAveragePool,
  layerNorm,
  matMul,
  maxPool,
  mul,
  normal,
  ones,
  randomKey,
  relu,
  reshape,
  type Shape,
  sameShape,
  sigmoid,
  softmax,
  split,
  squeeze,
  type Tensor,
  take,
  tensor,
  transpose,
  zeros,
} from '../../index.js';

// Models that the tests of export share, and what they are compared with: ONNX Runtime itself.

/** What ONNX Runtime makes of a file: elements and shapes of all outputs. */
export async function runFile(
  file: Uint8Array | string,
  feeds: Readonly<Record<string, Tensor>>,
  options: InferenceSession.SessionOptions = {},
): Promise<Record<string, { data: number[]; shape: readonly number[] }>> {
  const given = { logSeverityLevel: 4, ...options } as const;
  const session =
    typeof file === 'string'
      ? await InferenceSession.create(file, given)
      : await InferenceSession.create(file, given);
  const values: Record<string, OrtTensor> = {};
  for (const [name, tensor] of Object.entries(feeds)) {
    values[name] = new OrtTensor(tensor.dtype, (await tensor.data()) as never, [...tensor.shape]);
  }
  const results = await session.run(values);
  await session.release();
  return Object.fromEntries(
    Object.entries(results).map(([name, { data, dims }]) => [
      name,
      { data: Array.from(data as Float32Array, Number), shape: dims },
    ]),
  );
}

/** The largest difference, relative to the largest number (but at least to 1). */
export function difference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let [worst, size] = [a.length === b.length ? 0 : Number.POSITIVE_INFINITY, 1];
  for (let i = 0; i < a.length; i++) {
    worst = Math.max(worst, Math.abs(a[i]! - b[i]!));
    size = Math.max(size, Math.abs(a[i]!));
  }
  return worst / size;
}

export const drawn = (seed: number, shape: Shape, scale = 1): Tensor =>
  mul(normal(randomKey(seed), shape), scale);

export interface Linear {
  readonly weight: Tensor;
  readonly bias: Tensor;
}

const linear = (seed: number, inputs: number, outputs: number): Linear => ({
  weight: drawn(seed, [inputs, outputs], 1 / Math.sqrt(inputs)),
  bias: drawn(seed + 1, [outputs], 0.1),
});

export const callLinear = ({ weight, bias }: Linear, x: Tensor): Tensor => add(matMul(x, weight), bias);

/** 8 → 64 → 3 */
export const perceptron = () => ({ layers: [linear(1, 8, 64), linear(3, 64, 3)] });

export const callPerceptron = ({ layers }: ReturnType<typeof perceptron>, x: Tensor): Tensor =>
  callLinear(layers[1]!, relu(callLinear(layers[0]!, x)));

/** Images with 3 channels → 5 classes */
export const convNet = () => ({
  conv: { weight: drawn(5, [8, 3, 3, 3], 0.3) },
  norm: { mean: drawn(6, [8], 0.2), variance: ones([8]), scale: drawn(7, [8]), shift: zeros([8]) },
  head: linear(8, 8, 5),
});

export function callConvNet({ conv: { weight }, norm, head }: ReturnType<typeof convNet>, x: Tensor): Tensor {
  const { scale, shift } = norm;
  const hidden = relu(batchNormInference(conv(x, weight, { padding: 1 }), norm, { scale, shift }));
  return callLinear(head, reshape(globalAveragePool(maxPool(hidden, { kernel: 2 })), [x.length(0), 8]));
}

const width = 16;
const heads = 2;

/** Indices below 11 → 11 scores for each position, by one transformer block. */
export const transformer = () => ({
  embedding: drawn(11, [11, width]),
  attention: { qkv: linear(12, width, 3 * width), out: linear(14, width, width) },
  norm: { scale: drawn(16, [width]), shift: drawn(17, [width], 0.1) },
  feedForward: { up: linear(18, width, 32), down: linear(20, 32, width) },
});

export function callTransformer(
  { embedding, attention, norm, feedForward }: ReturnType<typeof transformer>,
  indices: Tensor,
): Tensor {
  const [batch, length] = indices.shape as [number, number];
  const x = take(embedding, indices);
  const qkv = reshape(callLinear(attention.qkv, x), [batch, length, 3, heads, width / heads]);
  const [q, k, v] = split(transpose(qkv, [2, 0, 3, 1, 4]), 3).map((part) => squeeze(part, 0)) as [
    Tensor,
    Tensor,
    Tensor,
  ];
  const scores = softmax(mul(matMul(q, k, { transposeB: true }), Math.sqrt(heads / width)));
  const mixed = reshape(transpose(matMul(scores, v), [0, 2, 1, 3]), [batch, length, width]);
  const attended = add(x, callLinear(attention.out, mixed));
  const normal = layerNorm(attended, norm);
  const up = callLinear(feedForward.up, normal);
  const out = add(attended, callLinear(feedForward.down, mul(up, sigmoid(up))));
  return matMul(out, embedding, { transposeB: true });
}

/** Tokens below 11, [batch, length]. */
export const indices = (batch: number, length: number): Tensor =>
  tensor(
    Int32Array.from({ length: batch * length }, (_, i) => (i * 7) % 11),
    { shape: [batch, length] },
  );

/** The difference between a file's output and the compiled function's. */
export async function errorOf(
  file: Uint8Array | string,
  fn: (x: Tensor) => Tensor,
  name: string,
  x: Tensor,
): Promise<number> {
  const { output } = await runFile(file, { [name]: x });
  const expected = await compile(fn)(x);
  if (!sameShape(output!.shape, expected.shape)) return Number.POSITIVE_INFINITY;
  return difference(output!.data, (await expected.data()) as Float32Array);
}
