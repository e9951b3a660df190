import { describe, expect, it } from 'vitest';
import {
  cast,
  compile,
  copy,
  evaluate,
  exp,
  grad,
  greater,
  hvp,
  jvp,
  matMul,
  normal,
  ones,
  randomKey,
  sqrt,
  sum,
  type Tensor,
  take,
  tensor,
  vjp,
  where,
  zeros,
} from '../index.js';

describe('compile', () => {
  it('takes and returns trees', async () => {
    const step = compile((model: { weights: Tensor[] }, x: Tensor) => ({
      product: model.weights.reduce((product, weight) => matMul(product, weight), x),
      note: 'kept',
    }));
    const weights = [
      tensor([
        [1, 2],
        [3, 4],
      ]),
      tensor([
        [0, 1],
        [1, 0],
      ]),
    ];
    const { product, note } = await step({ weights }, tensor([[1, 1]]));
    expect(await product.toArray()).toEqual([[6, 4]]);
    expect(note).toBe('kept');
  });

  it('traces once for each combination of shapes, dtypes and plain values', async () => {
    let calls = 0;
    const scaled = compile((x: Tensor, factor: number) => {
      calls++;
      return x.mul(factor);
    });
    await scaled(tensor([1, 2]), 3);
    await scaled(tensor([5, 6]), 3);
    expect([scaled.traceCount, calls]).toEqual([1, 1]);
    await scaled(tensor([1, 2, 3]), 3);
    await scaled(tensor([1, 2], 'float64'), 3);
    expect(await (await scaled(tensor([1, 2]), 4)).toArray()).toEqual([4, 8]);
    expect([scaled.traceCount, calls]).toEqual([4, 4]);
  });

  it('passes inputs, constants and repeated results through', async () => {
    const fn = compile((x: Tensor) => ({ x, twice: [x.add(0), x], one: ones([2]) }));
    const { x, twice, one } = await fn(tensor([7]));
    expect(await Promise.all([x, ...twice, one].map((each) => each.toArray()))).toEqual([
      [7],
      [7],
      [7],
      [1, 1],
    ]);
  });

  it('gives what has no tensors as it is', async () => {
    const named = compile((x: Tensor) => ({ name: 'empty', rank: x.rank, tensors: [] }));
    expect(await named(tensor([1]))).toEqual({ name: 'empty', rank: 1, tensors: [] });
    expect(named.traceCount).toBe(1);
    await named.release();
  });

  it('uses tensors from outside the function', async () => {
    const offset = tensor([10, 20]);
    const shifted = compile((x: Tensor) => x.add(offset));
    expect(await (await shifted(tensor([1, 2]))).toArray()).toEqual([11, 22]);
  });

  it('runs again after its sessions were released', async () => {
    const doubled = compile((x: Tensor) => x.mul(2));
    await doubled(tensor([1]));
    await doubled.release();
    expect(await (await doubled(tensor([4]))).toArray()).toEqual([8]);
    expect(doubled.traceCount).toBe(2);
  });

  it('computes what is asked for at once in any order', async () => {
    const square = compile((x: Tensor) => x.mul(x));
    const results = await Promise.all([1, 2, 3, 4].map(async (n) => (await square(tensor([n]))).item()));
    expect(results).toEqual([1, 4, 9, 16]);
  });

  it('takes over the arguments that are donated, and says so when they are used again', async () => {
    const step = compile((state: { w: Tensor; tied: Tensor }, x: Tensor) => ({ w: state.w.add(x), x }), {
      donate: [0],
    });
    const [w, x] = [tensor([1, 2]), tensor([10, 20])];
    const next = await step({ w, tied: w }, x);
    expect(await next.w.toArray()).toEqual([11, 22]);
    expect(await x.toArray()).toEqual([10, 20]);
    const message = 'Tensor(float32 [2]) was donated to a compiled function and has no elements any more';
    await expect(w.data()).rejects.toThrow(`data: ${message}`);
    await expect(w.add(1).data()).rejects.toThrow(`evaluate: ${message}`);
    await expect(step({ w, tied: x }, x)).rejects.toThrow(message);
    expect(() => compile((a: Tensor) => a, { donate: [-1] })).toThrow(
      'compile: donate: -1 is no position of an argument, such as 0',
    );
  });

  it('donates nothing when it cannot be traced, and keeps results apart from what was donated', async () => {
    const wrong = compile((a: Tensor, b: Tensor) => matMul(a, b), { donate: [0] });
    const a = ones([2, 3]);
    await expect(wrong(a, ones([2, 3]))).rejects.toThrow('inner dimensions differ');
    expect(await a.toArray()).toEqual([
      [1, 1, 1],
      [1, 1, 1],
    ]);
    const same = compile((x: Tensor) => x, { donate: [0] });
    expect(await (await same(a)).toArray()).toHaveLength(2);
  });

  it('donates without harm to copies', async () => {
    const original = { a: tensor([1, 2]), sum: tensor([1]).add(1) };
    const { a, sum } = await copy(original);
    await compile((x: typeof original) => x.a, { donate: [0] })(original);
    expect([...(await a.data()), await sum.item()]).toEqual([1, 2, 2]);
  });

  it('refuses tensors that were disposed of', async () => {
    const x = tensor([1]);
    const shifted = compile((y: Tensor) => y.add(x));
    expect(await (await shifted(tensor([1]))).item()).toBe(2);
    x.dispose();
    await expect(shifted(tensor([1]))).rejects.toThrow(
      'compile: Tensor(float32 [1]) was disposed of and has no elements any more',
    );
  });

  it('refuses asynchronous functions and tensors of another trace', async () => {
    await expect(compile(async (x: Tensor) => x)(tensor([1]))).rejects.toThrow('returned a promise');
    let leaked: Tensor | undefined;
    await compile((x: Tensor) => {
      leaked = x;
      return x;
    })(tensor([1]));
    await expect(compile((x: Tensor) => x.add(leaked!))(tensor([1]))).rejects.toThrow(
      'an input of another function',
    );
    await expect(leaked!.data()).rejects.toThrow('has no elements yet');
  });

  it('throws what the function throws while it is traced', async () => {
    const wrong = compile((a: Tensor, b: Tensor) => matMul(a, b));
    await expect(wrong(zeros([32, 64]), zeros([32, 10]))).rejects.toThrow(
      'matMul: inner dimensions differ: [32, 64] · [32, 10]',
    );
    expect(await (await wrong(ones([1, 2]), ones([2, 1]))).toArray()).toEqual([[2]]);
  });

  it('names the operation whose index is outside', async () => {
    await expect(take(tensor([1, 2]), tensor([0, 2], 'int32')).data()).rejects.toThrow(
      'take: index 2 is outside [-2, 1]',
    );
  });
});

describe('tensors', () => {
  it('compute what they need when they are asked, once', async () => {
    const x = tensor([1, 2]);
    const y = x.mul(3);
    expect(y.value).toBeUndefined();
    expect([...(await y.add(1).data())]).toEqual([4, 7]);
    const z = y.add(2);
    await evaluate([y, z]);
    expect([...y.value!.data]).toEqual([3, 6]);
    expect([...z.value!.data]).toEqual([5, 8]);
  });

  it('compute more different formulas at once than sessions are kept', async () => {
    const results = await Promise.all(
      Array.from({ length: 200 }, (_, i) => tensor([1]).add(i).mul(2).item()),
    );
    expect(results).toEqual(Array.from({ length: 200 }, (_, i) => 2 * (1 + i)));
    await expect(take(tensor([1]), tensor([5], 'int32')).data()).rejects.toThrow('take: index 5 is outside');
    expect(await tensor([1]).add(7).mul(2).item()).toBe(16);
  });

  it('come back as nested arrays and numbers', async () => {
    expect(await tensor([[1, 2, 3]]).toArray()).toEqual([[1, 2, 3]]);
    expect(await tensor(4).item()).toBe(4);
    expect(await cast(tensor([2.9, -2.9]), 'int32').toArray()).toEqual([2, -2]);
    await expect(tensor([1, 2]).item()).rejects.toThrow('item: expected one element, got shape [2]');
  });

  it('keep 64-bit factors of matrix products to the last digit', async () => {
    const product = matMul(tensor([[1]], 'float64').mul(1.7), tensor([[1]], 'float64'));
    expect(await product.item()).toBe(1.7);
  });
});

describe('derivatives', () => {
  const x = () => tensor([1, 2, 3]);
  const cubes = (at: Tensor) => sum(at.pow(3));

  it('nest as often as wanted', async () => {
    const second = grad((at: Tensor) => sum(grad(cubes)(at)));
    const third = grad((at: Tensor) => sum(second(at)));
    expect(await grad(cubes)(x()).toArray()).toEqual([3, 12, 27]);
    expect(await second(x()).toArray()).toEqual([6, 12, 18]);
    expect(await third(x()).toArray()).toEqual([6, 6, 6]);
  });

  it('see only the function, not what it closes over', async () => {
    const mixed = grad((a: Tensor) => sum(grad((b: Tensor) => sum(b.mul(b).mul(a)))(a)));
    // d/db (b² a) = 2 b a at b = a gives 2 a²; the outer derivative follows both uses of a.
    expect(await mixed(x()).toArray()).toEqual([4, 8, 12]);
    const outside = x();
    expect(await grad((a: Tensor) => sum(a.mul(outside)))(outside).toArray()).toEqual([1, 2, 3]);
  });

  it('sum over the places of a tied tensor', async () => {
    const tied = x();
    const gradients = grad((p: { a: Tensor; b: Tensor }) => sum(p.a.mul(2).add(p.b.mul(3))))({
      a: tied,
      b: tied,
    });
    expect(gradients.a).toBe(gradients.b);
    expect(await gradients.a.toArray()).toEqual([5, 5, 5]);
  });

  it('are zeros where nothing depends, and for integers', async () => {
    const gradients = grad((p: { used: Tensor; unused: Tensor; index: Tensor }) =>
      sum(take(p.used, p.index)),
    )({
      used: x(),
      unused: x(),
      index: tensor([0, 0], 'int32'),
    });
    expect(await Promise.all(Object.values(gradients).map((each) => each.toArray()))).toEqual([
      [2, 0, 0],
      [0, 0, 0],
      [0, 0],
    ]);
  });

  it('pull cotangents back, push tangents forward, and multiply Hessians', async () => {
    const [value, pull] = vjp((at: Tensor) => exp(at), x());
    expect(await value.toArray()).toHaveLength(3);
    const [pulled] = await pull(tensor([1, 0, 0])).data();
    expect(Number(pulled)).toBeCloseTo(Math.E, 5);
    const [, slope] = jvp(cubes, x(), tensor([1, 0, 1]));
    expect(await slope.item()).toBe(30);
    expect(await hvp(cubes, x(), tensor([1, 0, 1])).toArray()).toEqual([6, 0, 18]);
  });

  it('refuse losses that are no scalars', () => {
    expect(() => grad((at: Tensor) => at)(x())).toThrow(
      'must return a floating-point scalar, got float32 [3]',
    );
  });

  it('stay finite beside a branch that is not taken when it is kept finite', async () => {
    const safeRoot = (at: Tensor) => sum(where(greater(at, 0), sqrt(where(greater(at, 0), at, 1)), 0));
    expect(await grad(safeRoot)(tensor([4, 0])).toArray()).toEqual([0.25, 0]);
  });

  it('train a linear model in one compiled step', async () => {
    const inputs = normal(randomKey(0), [16, 4]);
    const targets = inputs.sum({ axis: 1, keepAxes: true });
    const loss = (w: Tensor) => matMul(inputs, w).sub(targets).square().mean();
    const step = compile((w: Tensor) => ({ w: w.sub(grad(loss)(w).mul(0.1)), loss: loss(w) }));
    let w = zeros([4, 1]);
    const losses: number[] = [];
    for (let i = 0; i < 30; i++) {
      const next = await step(w);
      w = next.w;
      losses.push(await next.loss.item());
    }
    expect(losses.at(-1)).toBeLessThan(losses[0]! / 2);
    expect(step.traceCount).toBe(1);
  });
});
