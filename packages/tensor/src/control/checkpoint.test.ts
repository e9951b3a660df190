import { describe, expect, it } from 'vitest';
import {
  add,
  checkpoint,
  compile,
  grad,
  matMul,
  mul,
  normal,
  randomKey,
  type Shape,
  scan,
  sin,
  sum,
  type Tensor,
  tanh,
} from '../index.js';
import { emitModel } from '../onnx/emit.js';
import { simplify } from '../optimize/simplify.js';
import { gradientError, secondGradientError } from '../testing/gradients.js';

const random = (key: number, shape: Shape) => normal(randomKey(key), shape, { dtype: 'float64' });
const [x, w] = [random(1, [2, 3]), random(2, [3, 3])] as const;

/** Two layers, of which the second uses a weight from around it. */
const block = (weight: Tensor, input: Tensor) => sin(matMul(tanh(matMul(input, weight)), weight));

describe('checkpoint', () => {
  it('changes no value and no derivative', async () => {
    const kept = (a: Tensor, b: Tensor) => mul(checkpoint((input: Tensor) => block(b, input))(a), a);
    const plain = (a: Tensor, b: Tensor) => mul(block(b, a), a);
    const slopes = compile((a: Tensor, b: Tensor) =>
      [kept, plain].map((fn) => [fn(a, b), ...grad((p: Tensor[]) => sum(sin(fn(p[0]!, p[1]!))))([a, b])]),
    );
    const [ours, expected] = await slopes(x, w);
    for (const [i, each] of ours!.entries()) expect(await each.data()).toEqual(await expected![i]!.data());
    expect(await gradientError(kept, [x, w])).toBeLessThan(1e-6);
    expect(await secondGradientError(kept, [x, w])).toBeLessThan(1e-6);
  });

  it('passes trees', async () => {
    const both = checkpoint(({ a, b }: { a: Tensor; b: Tensor }) => ({ sum: add(a, b), product: mul(a, b) }));
    const fn = (a: Tensor, b: Tensor) => {
      const { sum: total, product } = both({ a, b });
      return mul(total, sin(product));
    };
    expect(await gradientError(fn, [x, random(3, [2, 3])])).toBeLessThan(1e-6);
    expect(await secondGradientError(fn, [x, random(3, [2, 3])])).toBeLessThan(1e-6);
  });

  it('works inside a scan', async () => {
    const fn = (a: Tensor, b: Tensor) =>
      scan((h: Tensor) => [checkpoint((input: Tensor) => block(b, input))(h), undefined], a, undefined, {
        length: 3,
      })[0];
    expect(await gradientError(fn, [x, w])).toBeLessThan(1e-6);
    expect(await secondGradientError(fn, [x, w])).toBeLessThan(1e-6);
  });

  it('computes the inner values again in the model', () => {
    const tanhs = (layer: (input: Tensor) => Tensor) => {
      const deep = (a: Tensor) => sum(sin([1, 2, 3].reduce((value) => layer(value), a)));
      const outputs = simplify([deep(x), grad(deep)(x)]);
      const inputs = [x, w].map((tensor, i) => ({ name: `x${i}`, tensor }));
      return emitModel({ inputs, outputs }).nodes.filter(({ type }) => type === 'Tanh').length;
    };
    expect(tanhs((input) => block(w, input))).toBe(3);
    expect(tanhs(checkpoint((input: Tensor) => block(w, input)))).toBe(6);
  });
});
