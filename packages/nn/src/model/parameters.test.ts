import { leavesOf, ones, randomKey, relu, zeros, zerosLike } from '@evenkeel/tensor';
import { describe, expect, it } from 'vitest';
import { countParameters, Linear, mapParameters, Sequential, selectParameters } from '../index.js';

const network = () => new Sequential(new Linear(randomKey(0), 3, 4), relu, new Linear(randomKey(1), 4, 2));

describe('selectParameters', () => {
  it('gives tensors by their paths, in order', () => {
    const model = network();
    const biases = selectParameters(model, /bias$/);
    expect(Object.keys(biases)).toEqual(['steps.0.bias', 'steps.2.bias']);
    expect(biases['steps.2.bias']).toBe(leavesOf(model)[3]);
    expect(Object.keys(selectParameters(model, /./)).length).toBe(4);
  });

  it('is not disturbed by patterns that remember where they stopped', () => {
    const pattern = /bias$/g;
    expect(Object.keys(selectParameters(network(), pattern)).length).toBe(2);
    expect(Object.keys(selectParameters(network(), pattern)).length).toBe(2);
  });

  it('names what is near when nothing matches', () => {
    const model = Object.fromEntries(
      ['encoder', 'decoder', 'head', 'tail', 'body', 'stem'].map((name) => [name, { weight: zeros([1]) }]),
    );
    expect(() => selectParameters(model, /^encodr\./)).toThrow(
      'selectParameters: /^encodr\\./ matches no parameter; the nearest of 6 are encoder.weight, decoder.weight,',
    );
    expect(() => selectParameters(network(), /weigth$/)).toThrow(
      'matches no parameter; there are steps.0.weight, steps.0.bias, steps.2.weight, steps.2.bias',
    );
    expect(() => selectParameters({}, /./)).toThrow('/./ matches no parameter; the model has none');
  });
});

describe('mapParameters', () => {
  it('changes what matches, and keeps everything else', async () => {
    const model = network();
    const changed = mapParameters(model, /^steps\.0\./, zerosLike);
    expect(changed).toBeInstanceOf(Sequential);
    expect(await leavesOf(changed)[1]!.toArray()).toEqual([0, 0, 0, 0]);
    expect(leavesOf(changed).slice(2)).toEqual(leavesOf(model).slice(2));
    expect(leavesOf(changed)[2]).toBe(leavesOf(model)[2]);
  });

  it('tells the path, once for a tied tensor, which stays tied', () => {
    const shared = ones([2]);
    const paths: string[] = [];
    const changed = mapParameters({ a: shared, b: { c: shared } }, /./, (each, path) => {
      paths.push(path);
      return each.mul(2);
    });
    expect(paths).toEqual(['a']);
    expect(changed.a).toBe(changed.b.c);
  });

  it('refuses patterns that match nothing', () => {
    expect(() => mapParameters(network(), /scale/, zerosLike)).toThrow('mapParameters: /scale/ matches no');
  });
});

describe('countParameters', () => {
  it('counts numbers, tied ones once', () => {
    expect(countParameters(network())).toBe(3 * 4 + 4 + 4 * 2 + 2);
    const shared = ones([2, 3]);
    expect(countParameters([shared, { shared }, zeros([])])).toBe(7);
    expect(countParameters({ width: 3 })).toBe(0);
  });
});
