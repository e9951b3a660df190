import { describe, expect, it } from 'vitest';
import {
  add,
  compile,
  exportOnnx,
  mul,
  reshape,
  slice,
  type Tensor,
  tensor,
  transpose,
} from '../../index.js';

describe('exportOnnx refuses', () => {
  const write = (fn: (x: Tensor) => unknown, shape: (number | string)[] = ['batch', 4], options = {}) =>
    exportOnnx((_: object, x: Tensor) => fn(x) as Tensor, {}, { x: { shape } }, options);

  it('programs that are others for other lengths', async () => {
    const fn = (x: Tensor) => (x.length(0) > 25 ? mul(x, 2) : x);
    await expect(write(fn)).rejects.toThrow(
      'exportOnnx: "mul" is computed in another way for other lengths of batch',
    );
  });

  it('outputs that are others for other lengths', async () => {
    await expect(write((x) => ({ [`rows${x.length(0)}`]: mul(x, 2) }))).rejects.toThrow(
      'exportOnnx: the function returns rows23 for some lengths and rows29 for others',
    );
  });

  it('numbers that no formula gives', async () => {
    await expect(write((x) => mul(x, 1 / x.length(0)))).rejects.toThrow(
      /^exportOnnx: "mul" uses a number that is no sum of products of batch with whole factors: 0\.04/,
    );
    await expect(write((x) => transpose(x, x.length(0) === 23 ? [0, 1] : [1, 0]))).rejects.toThrow(
      'exportOnnx: "transpose" is computed in another way',
    );
    const constant = (x: Tensor) => add(x, tensor(Array.from({ length: x.length(0) }, () => [1])));
    await expect(write(constant)).rejects.toThrow('exportOnnx: "add" is computed in another way');
  });

  it('steps that hide between neighbouring lengths', async () => {
    const cropped = (x: Tensor) => slice(x, [0], [16 * Math.floor(x.length(0) / 16)]);
    await expect(write(cropped)).rejects.toThrow(
      'exportOnnx: "slice" uses a number that is no sum of products of batch with whole factors: 16 for 23; 16 for 29; 208 for 211',
    );
  });

  it('functions that fail, and says for which lengths', async () => {
    await expect(write((x) => reshape(x, [8, 4]))).rejects.toThrow(
      'exportOnnx: the function failed when it was tried with batch = 23: reshape: [23, 4] has 92 elements, [8, 4] has 32; if it does not take such lengths, give others with tryLengths',
    );
    await expect(write((x) => reshape(x, [8, 4]), [2, 4])).rejects.toThrow(/^reshape: /);
  });

  it('results that are no tensors', async () => {
    const message = 'exportOnnx: the function must return a tensor or a record of tensors, synchronously';
    await expect(write(() => ({}))).rejects.toThrow(message);
    await expect(write(async (x) => x)).rejects.toThrow(message);
    await expect(write((x) => [x.shape])).rejects.toThrow(message);
  });

  it('shapes, names and options that make no sense', async () => {
    const same = (x: Tensor) => mul(x, 2);
    await expect(write(same, [-1, 2])).rejects.toThrow(
      'exportOnnx: input "x": a shape is made of non-negative integers and names, got [-1,2]',
    );
    await expect(write(same, ['a', 'b', 'c', 'd', 'e'])).rejects.toThrow(
      'exportOnnx: got 5 named axes (a, b, c, d, e), expected at most 4',
    );
    await expect(write(same, ['n'], { tryLengths: { m: [1, 2, 3] } })).rejects.toThrow(
      'exportOnnx: tryLengths: no axis is called m; there are: n',
    );
    await expect(write(same, ['n'], { tryLengths: { n: [2, 2, 3] } })).rejects.toThrow(
      'exportOnnx: tryLengths: n: expected three different positive integers, got [2,2,3]',
    );
    await expect(write(same, [1], { opset: 12 })).rejects.toThrow(
      'exportOnnx: opset: got 12, expected an integer from 13 to 24',
    );
    await expect(write(same, [1], { externalData: '../weights' })).rejects.toThrow(
      'exportOnnx: externalData: got "../weights", expected a file name next to the model',
    );
    await expect(write((x) => ({ x: mul(x, 2) }), [1])).rejects.toThrow(
      'exportOnnx: inputs and outputs need names of their own, got "x", "x"',
    );
  });

  it("inputs of another function's tracing", async () => {
    let file: Promise<unknown> = Promise.resolve();
    const outer = compile((y: Tensor) => {
      file = write((x) => add(x, y), [1]).catch((error: Error) => error.message);
      return y;
    });
    await outer(tensor([1]));
    expect(await file).toBe(
      'exportOnnx: the function uses Tensor(float32 [1]), an input of another function that is being traced',
    );
  });
});
