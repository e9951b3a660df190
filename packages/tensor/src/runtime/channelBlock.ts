import { encodeModel } from '../onnx/model.js';
import type { Platform } from './platform.js';

const widest = 32;

/**
 * How many channels ONNX Runtime's blocked layout keeps side by side on this processor (16 with AVX-512, 8 with AVX), or
 * undefined without such a layout. Found by reordering a row of two pixels: its second pixel comes after the first
 * block of channels.
 */
export async function channelBlockOf({
  InferenceSession,
  Tensor,
}: Pick<Platform, 'InferenceSession' | 'Tensor'>): Promise<number | undefined> {
  const shape = [1, widest, 1, 2];
  const reorder = {
    name: 'reorder',
    type: 'ReorderInput',
    domain: 'com.microsoft.nchwc',
    inputs: ['x'],
    outputs: ['y'],
    attributes: {},
  };
  const model = encodeModel({
    nodes: [reorder],
    constants: [],
    inputs: [{ name: 'x', dtype: 'float32', shape }],
    outputs: [{ name: 'y', dtype: 'float32', shape }],
  });
  try {
    const session = await InferenceSession.create(model, { logSeverityLevel: 4 });
    const data = Float32Array.from({ length: 2 * widest }, (_, index) => index);
    const results = await session.run({ x: new Tensor('float32', data, shape) });
    await session.release();
    const block = (results.y!.data as Float32Array).indexOf(1);
    return block > 1 ? block : undefined;
  } catch {
    return undefined;
  }
}
