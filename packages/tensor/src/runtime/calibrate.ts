import type { Tensor } from '../graph/tensor.js';
import { tensor } from '../ops/create.js';
import { stack } from '../ops/movement.js';
import { type Quantization, type QuantizationOptions, quantizationOf } from '../ops/quantize.js';
import { max, min } from '../ops/reduce.js';
import { compile } from './compile.js';
import { evaluate, read } from './evaluate.js';

/**
 * Quantizations for the tensors that `fn` returns, from the smallest and largest numbers that they have over all batches.
 * Each can be given to `fakeQuantize`.
 * @throws RangeError without any batch, and for numbers that are not finite
 * @example `const { hidden } = await calibrate((x) => ({ hidden: net.hidden(x) }), batches)`
 */
export async function calibrate<Batch, Name extends string>(
  fn: (batch: Batch) => Readonly<Record<Name, Tensor>>,
  batches: Iterable<Batch> | AsyncIterable<Batch>,
  options: QuantizationOptions = {},
): Promise<Record<Name, Quantization & { readonly scale: Tensor; readonly zeroPoint: Tensor }>> {
  const ranges = compile((batch: Batch) => {
    const observed = Object.entries<Tensor>(fn(batch));
    return Object.fromEntries(observed.map(([name, each]) => [name, stack([min(each), max(each)])]));
  });
  const found = new Map<string, { low: number; high: number }>();
  for await (const batch of batches) {
    for (const [name, range] of Object.entries(await ranges(batch))) {
      const [low, high] = Array.from((await read(range)).data, Number) as [number, number];
      if (!(Number.isFinite(low) && Number.isFinite(high))) {
        throw new RangeError(`calibrate: ${name} reaches from ${low} to ${high}, expected finite numbers`);
      }
      const before = found.get(name) ?? { low, high };
      found.set(name, { low: Math.min(before.low, low), high: Math.max(before.high, high) });
    }
  }
  await ranges.release();
  if (found.size === 0)
    throw new RangeError('calibrate: expected at least one batch and one tensor, got none');
  const quantizations = [...found].map(
    ([name, { low, high }]) =>
      [name, quantizationOf({ low: tensor(low), high: tensor(high) }, options)] as const,
  );
  return evaluate(Object.fromEntries(quantizations)) as never;
}
