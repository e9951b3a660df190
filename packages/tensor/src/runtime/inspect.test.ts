import { describe, expect, it } from 'vitest';
import {
  add,
  checkpoint,
  mul,
  nodesBehind,
  nodesMade,
  scan,
  simplified,
  symbol,
  type Tensor,
  tanh,
} from '../index.js';

const x = symbol({ shape: [3], dtype: 'float32' }, 'x');
const operations = (tensors: readonly Tensor[]) => nodesBehind(tensors).map(({ operation }) => operation);

describe('nodesBehind', () => {
  it('lists nodes after those that they use, and nothing that is not used', () => {
    const before = nodesMade();
    const inner = mul(x, x);
    tanh(inner);
    const result = add(inner, x);
    const nodes = nodesBehind([result]);
    expect(nodes.map(({ operation }) => operation)).toEqual(['mul', 'add']);
    expect(nodes[1]!.inputs).toEqual([inner, x]);
    expect(nodes[1]!.outputs).toEqual([result]);
    expect(nodes.map(({ serial }) => serial - before)).toEqual([1, 3]);
  });

  it('shows what loops have inside', () => {
    const [last] = scan(
      (sum: Tensor, each: Tensor) => [add(sum, each), sum],
      symbol({ shape: [], dtype: 'float32' }, 's'),
      x,
    );
    const [loop] = nodesBehind([last]).filter(({ operation }) => operation === 'scan');
    expect(loop!.attributes.length).toBe(3);
    expect(loop!.bodies.body!.nodes.map(({ operation }) => operation)).toEqual(['add']);
    expect(loop!.bodies.body!.inputs.map(({ shape }) => shape)).toEqual([[], []]);
  });

  it('shows what a checkpoint computes once', () => {
    const nodes = nodesBehind([checkpoint(tanh)(x)]);
    expect(nodes.map(({ operation }) => operation)).toEqual(['tanh', 'checkpoint']);
    expect(nodes[1]!.bodies).toEqual({});
  });
});

describe('simplified', () => {
  it('has one node for equal ones, and none that does nothing', () => {
    const twice = add(tanh(x), mul(tanh(x), 1));
    expect(operations([twice]).filter((each) => each === 'tanh').length).toBe(2);
    expect(operations(simplified([twice]))).toEqual(['tanh', 'add']);
  });
});
