import { describe, expect, it } from 'vitest';
import { columns, type Dataset, type HostArray, select } from '../index.js';

const images: HostArray = {
  data: Uint8Array.from({ length: 12 }, (_, i) => i),
  shape: [3, 2, 2],
  dtype: 'float32',
  scale: 1 / 255,
};
const labels: HostArray = { data: Int32Array.of(5, 6, 7), shape: [3], dtype: 'int32' };

describe('columns', () => {
  it('read samples by number, in order, twice if asked', () => {
    const dataset = columns({ images, labels });
    expect(dataset.length).toBe(3);
    expect(dataset.columns.images).toBe(images);
    const batch = dataset.read([2, 0, 2]);
    expect(batch.images).toEqual({
      data: Uint8Array.of(8, 9, 10, 11, 0, 1, 2, 3, 8, 9, 10, 11),
      shape: [3, 2, 2],
      dtype: 'float32',
      scale: 1 / 255,
    });
    expect(batch.labels.data).toEqual(Int32Array.of(7, 5, 7));
    expect(dataset.read([]).images.shape).toEqual([0, 2, 2]);
  });

  it('refuse what does not go together', () => {
    expect(() => columns({})).toThrow('columns: expected at least one array');
    expect(() => columns({ images, labels: { ...labels, data: Int32Array.of(1, 2), shape: [2] } })).toThrow(
      'columns: images has 3 samples, labels has 2: images [3, 2, 2], labels [2]',
    );
    expect(() => columns({ images: { ...images, shape: [3, 4, 2] } })).toThrow(
      'columns: images: 12 elements do not fill shape [3, 4, 2]',
    );
    expect(() => columns({ x: { data: Float32Array.of(1), shape: [], dtype: 'float32' } })).toThrow(
      'columns: x: expected an axis of samples',
    );
    expect(() => columns({ x: { data: Float32Array.of(1), shape: [1], dtype: 'int32' } })).toThrow(
      'columns: x: a Float32Array can stand for float32, not for int32',
    );
    expect(() => columns({ labels: { ...labels, scale: 2 } })).toThrow('columns: labels: a scale is for');
    expect(() => columns({ images: { ...images, scale: Number.NaN } })).toThrow('scale must be finite');
    expect(() => columns({ images }).read([3])).toThrow('read: there is no sample 3 among 3');
    expect(() => columns({ images }).read([0.5])).toThrow('read: there is no sample 0.5 among 3');
  });
});

describe('select', () => {
  it('views columns as columns', () => {
    const view = select(columns({ labels }), [2, 1]);
    expect(view.length).toBe(2);
    expect(view.read([1, 0]).labels.data).toEqual(Int32Array.of(6, 7));
    expect(view.columns.labels.data).toEqual(Int32Array.of(7, 6));
    expect(select(view, [1]).columns.labels.data).toEqual(Int32Array.of(6));
  });

  it('reads only what is asked for', async () => {
    const asked: (readonly number[])[] = [];
    const dataset: Dataset<{ labels: HostArray }> = {
      length: 3,
      async read(indices) {
        asked.push(indices);
        return columns({ labels }).read(indices);
      },
    };
    const view = select(dataset, Int32Array.of(2, 0));
    expect(asked).toEqual([]);
    expect((await view.read([1])).labels.data).toEqual(Int32Array.of(5));
    expect(asked).toEqual([[0]]);
    expect('columns' in view).toBe(false);
  });

  it('refuses samples that are not there', () => {
    expect(() => select(columns({ labels }), [3])).toThrow('select: there is no sample 3 among 3');
    expect(() => select(columns({ labels }), [0]).read([1])).toThrow('read: there is no sample 1 among 1');
  });
});
