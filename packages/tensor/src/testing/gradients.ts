import { grad } from '../autodiff/transforms.js';
import type { Tensor } from '../graph/tensor.js';
import { reshape, sum } from '../ops/broadcast.js';
import { fromValue } from '../ops/create.js';
import { mul } from '../ops/elementwise.js';
import { concat } from '../ops/movement.js';
import { normal, randomKey } from '../ops/random.js';
import { compile } from '../runtime/compile.js';
import { read } from '../runtime/evaluate.js';

/** A function of tensors whose derivatives are to be checked. */
export type Differentiable = (...inputs: Tensor[]) => Tensor;

const step = 1e-5;

/**
 * The largest difference between the gradient of `fn` and central differences, relative to the size of the gradient
 * (but at least to 1). Outputs that are not scalars are weighted by fixed random numbers.
 * @param inputs float64 tensors, away from kinks by more than 1e-5
 */
export async function gradientError(fn: Differentiable, inputs: readonly Tensor[]): Promise<number> {
  const weighted = (points: readonly Tensor[]): Tensor => {
    const output = fn(...points);
    return sum(mul(output, normal(randomKey(11), output.shape, { dtype: 'float64' })));
  };
  const value = compile(weighted);
  const gradient = compile(grad(weighted));
  const points = await Promise.all(inputs.map(read));
  const gradients = await gradient(inputs);
  let [worst, size] = [0, 1];
  for (const [position, input] of inputs.entries()) {
    const exact = await gradients[position]!.data();
    for (let i = 0; i < input.size; i++) {
      const moved = async (by: number) => {
        const data = Float64Array.from(points[position]!.data as Float64Array);
        data[i]! += by;
        return (await value(inputs.with(position, fromValue({ ...points[position]!, data })))).item();
      };
      const difference = ((await moved(step)) - (await moved(-step))) / (2 * step);
      worst = Math.max(worst, Math.abs(difference - Number(exact[i])));
      size = Math.max(size, Math.abs(difference));
    }
  }
  await Promise.all([value.release(), gradient.release()]);
  return worst / size;
}

/** As `gradientError`, of the function's gradients: checks second derivatives. */
export const secondGradientError = (fn: Differentiable, inputs: readonly Tensor[]): Promise<number> =>
  gradientError((...points) => {
    const total = (each: readonly Tensor[]): Tensor => {
      const output = fn(...each);
      return sum(mul(output, normal(randomKey(12), output.shape, { dtype: 'float64' })));
    };
    return concat(grad(total)(points).map((gradient) => reshape(gradient, [gradient.size])));
  }, inputs);
