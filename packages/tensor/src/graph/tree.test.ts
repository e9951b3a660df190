import { describe, expect, it } from 'vitest';
import { flatten, leavesOf, mapTree, type Tensor, tensor, withLeaves } from '../index.js';

class Layer {
  readonly heads = 4;
  constructor(
    readonly weight: Tensor,
    readonly bias?: Tensor,
  ) {}
  describe() {
    return `${this.heads} heads`;
  }
}

const tree = () => ({ layers: [new Layer(tensor([1]), tensor([2])), new Layer(tensor([3]))], rate: 0.1 });

describe('trees of tensors', () => {
  it('are walked in order, with the path of each leaf', async () => {
    const { leaves, paths } = flatten(tree());
    expect(paths).toEqual(['layers.0.weight', 'layers.0.bias', 'layers.1.weight']);
    expect(await Promise.all(leaves.map((leaf) => leaf.toArray()))).toEqual([[1], [2], [3]]);
  });

  it('keep classes, their methods and what is not a tensor', () => {
    const mapped = mapTree((leaf) => leaf.mul(2), tree());
    expect(mapped.layers[0]).toBeInstanceOf(Layer);
    expect(mapped.layers[0]!.describe()).toBe('4 heads');
    expect(mapped.rate).toBe(0.1);
    expect(mapped.layers[1]!.bias).toBeUndefined();
  });

  it('are told apart by everything but their tensors', () => {
    const structure = (value: unknown) => flatten(value).structure;
    expect(structure(tree())).toBe(structure(tree()));
    expect(structure({ ...tree(), rate: 0.2 })).not.toBe(structure(tree()));
    expect(structure([tensor([1])])).not.toBe(structure({ 0: tensor([1]) }));
    expect(structure({ weight: tensor([1]), heads: 4 })).not.toBe(structure(new Layer(tensor([1]))));
    expect(structure([0])).not.toBe(structure([-0]));
    expect(structure(['1'])).not.toBe(structure([1]));
  });

  it('hold a tensor that stands at two places once, and keep it tied', () => {
    const shared = tensor([1]);
    const tied = { encoder: shared, decoder: shared };
    expect(leavesOf(tied)).toEqual([shared]);
    const mapped = mapTree((leaf) => leaf.mul(2), tied);
    expect(mapped.encoder).toBe(mapped.decoder);
    const replaced = withLeaves(tied, [tensor([5])]);
    expect(replaced.encoder).toBe(replaced.decoder);
  });

  it('are mapped together place by place', async () => {
    const a = { x: tensor([1]), y: tensor([2]) };
    const both = tensor([10]);
    const sums = mapTree((one, other) => one.add(other), a, { x: both, y: both });
    expect([await sums.x.toArray(), await sums.y.toArray()]).toEqual([[11], [12]]);
  });

  it('refuse partners of another form, and cycles', () => {
    expect(() => mapTree((a, b) => a.add(b), { x: tensor([1]) }, { y: tensor([1]) })).toThrow(
      'mapTree: the trees differ: no tensor at x',
    );
    const cycle: { self?: unknown } = {};
    cycle.self = cycle;
    expect(() => flatten(cycle)).toThrow('tree: self contains itself');
  });
});
