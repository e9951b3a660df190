import { describe, expect, it } from 'vitest';
import { linspace, meshgrid, tensor } from '../index.js';

describe('grids', () => {
  it('divide a range, both ends exact', async () => {
    expect(await linspace(0, 1, 5).toArray()).toEqual([0, 0.25, 0.5, 0.75, 1]);
    const third = await linspace(0.1, 0.7, 4, 'float64').toArray();
    expect(third).toEqual([0.1, expect.closeTo(0.3, 15), expect.closeTo(0.5, 15), 0.7]);
    expect(await linspace(3, 4, 1).toArray()).toEqual([3]);
    expect(await linspace(3, 4, 0).toArray()).toEqual([]);
  });

  it('have coordinates', async () => {
    const [rows, columns] = meshgrid(tensor([1, 2]), tensor([3, 4, 5], 'int32'));
    expect(await rows!.toArray()).toEqual([
      [1, 1, 1],
      [2, 2, 2],
    ]);
    expect(await columns!.toArray()).toEqual([
      [3, 4, 5],
      [3, 4, 5],
    ]);
    expect(meshgrid()).toEqual([]);
  });

  it('refuse what does not fit', () => {
    expect(() => linspace(0, 1, 2, 'int32')).toThrow('linspace: expected float32 or float64, got int32');
    expect(() => linspace(0, 1, -1)).toThrow('iota: a shape is made of non-negative integers, got [-1]');
    expect(() => meshgrid(tensor(1))).toThrow('meshgrid: expected vectors, got []');
  });
});
