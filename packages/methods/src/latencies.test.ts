import { matMul, normal, randomKey, type Tensor } from '@evenkeel/tensor';
import { expect, it } from 'vitest';
import { latencies } from './latencies.js';

it('tells in milliseconds which of two functions takes longer', async () => {
  const square = normal(randomKey(0), [256, 256]);
  await square.data();
  const power = (times: number) => (x: Tensor) =>
    Array.from({ length: times }, () => x).reduce((a, b) => matMul(a, b).div(256), x);
  const [short, long] = await latencies([power(1), power(20)], square);
  expect(short).toBeGreaterThan(0);
  expect(long).toBeGreaterThan(2 * short!);
});
