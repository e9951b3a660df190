import type { OnnxModel } from '../model.js';
import { usersOf } from './graphs.js';
import { levelOf, symmetricLevels } from './levels.js';
import type { WeightFormat } from './options.js';
import { type StoredWeight, withWidened } from './widen.js';

/** Bytes and one scale, or one for each output channel. */
export function withInt8(
  model: OnnxModel,
  weight: StoredWeight,
  { perChannel = true }: Extract<WeightFormat, { as: 'int8' }>,
): OnnxModel {
  const { name, shape, constant } = weight;
  const numbers = constant.data as Float32Array;
  const axis = channelAxis(model, constant.name, shape.length);
  const channels = perChannel ? shape[axis]! : 1;
  const stride = perChannel
    ? shape.slice(axis + 1).reduce((product, length) => product * length, 1)
    : numbers.length;
  // Numbers of one channel lie in stretches of `stride`, the channels one after another, over and over.
  const largest = new Float32Array(channels);
  for (let from = 0, channel = 0; from < numbers.length; from += stride, channel = (channel + 1) % channels) {
    for (let i = from; i < from + stride; i++) {
      largest[channel] = Math.max(largest[channel]!, Math.abs(numbers[i]!));
    }
  }
  const levels = Array.from(largest, (each) => symmetricLevels([each], 8));
  const data = new Int8Array(numbers.length);
  for (let from = 0, channel = 0; from < numbers.length; from += stride, channel = (channel + 1) % channels) {
    for (let i = from; i < from + stride; i++) data[i] = levelOf(numbers[i]!, levels[channel]!);
  }
  const parts = perChannel ? [channels] : [];
  return withWidened(
    model,
    weight,
    { dtype: 'int8', data },
    {
      type: 'DequantizeLinear',
      constants: [
        {
          name: `${name}.scale`,
          dtype: 'float32',
          shape: parts,
          data: Float32Array.from(levels, ({ scale }) => scale),
        },
        { name: `${name}.zeroPoint`, dtype: 'int8', shape: parts, data: new Int8Array(channels) },
      ],
      attributes: perChannel ? { axis: { int: axis } } : {},
    },
  );
}

/** Along which axis the numbers of a weight belong to different outputs, by the first operator that uses it. */
function channelAxis(model: OnnxModel, weight: string, rank: number): number {
  const user = usersOf(model.nodes, weight)[0]!;
  if (user.type === 'ConvTranspose') return 1;
  if (!['MatMul', 'FusedMatMul', 'Gemm'].includes(user.type)) return 0;
  const side = user.inputs.indexOf(weight);
  const transposed = user.attributes[side === 0 ? 'transA' : 'transB'];
  const isTransposed = transposed !== undefined && 'int' in transposed && transposed.int === 1;
  return (side === 0) === isTransposed ? rank - 1 : rank - 2;
}
