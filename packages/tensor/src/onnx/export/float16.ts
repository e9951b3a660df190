import { onnxTypes } from '../../ops/emit.js';
import type { OnnxModel } from '../model.js';
import { type StoredWeight, withWidened } from './widen.js';

const buffer = new ArrayBuffer(4);
const [float, bits] = [new Float32Array(buffer), new Uint32Array(buffer)];

/** The 16-bit float nearest to a 32-bit one, halves to the even one; from 65520 on it is infinite. */
export function float16Bits(value: number): number {
  float[0] = value;
  const sign = (bits[0]! >>> 16) & 0x8000;
  const magnitude = bits[0]! & 0x7fffffff;
  if (magnitude > 0x7f800000) return sign | 0x7e00;
  if (magnitude >= 0x477ff000) return sign | 0x7c00;
  if (magnitude < 0x38800000) return sign | roundHalfEven(Math.abs(float[0]!) * 2 ** 24);
  const rebiased = magnitude - 0x38000000;
  return sign | ((rebiased + 0xfff + ((rebiased >>> 13) & 1)) >>> 13);
}

/** The nearest integer, halves to the even one. */
export function roundHalfEven(value: number): number {
  const below = Math.floor(value);
  const rest = value - below;
  return rest > 0.5 || (rest === 0.5 && below % 2 !== 0) ? below + 1 : below;
}

/** Half as many bytes, cast to float32 when the file runs. */
export function withFloat16(model: OnnxModel, weight: StoredWeight): OnnxModel {
  const numbers = weight.constant.data as Float32Array;
  const data = new Uint16Array(numbers.length);
  for (let i = 0; i < numbers.length; i++) data[i] = float16Bits(numbers[i]!);
  const attributes = { to: { int: onnxTypes.float32 } };
  return withWidened(model, weight, { dtype: 'float16', data }, { type: 'Cast', constants: [], attributes });
}
