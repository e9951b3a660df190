import { expect, it } from 'vitest';
import { runWith, syntheticResults } from '../run/testing/synthetic.js';
import { sparkOf } from './spark.js';

const curve = (values: readonly number[]) =>
  values.map((score, i) => ({ step: i + 1, metrics: { score, loss: 1 - score } }));

/** Results in which the first arm stays and the second rises. */
function results(points: number) {
  const recorded = syntheticResults();
  const runs = (name: string, slope: number) => [
    { ...runWith(name, 0, slope), curve: curve(Array.from({ length: points }, (_, i) => slope * i)) },
  ];
  const arms = recorded.arms.map((arm) => ({ ...arm, runs: runs(arm.name, arm.role === 'method' ? 1 : 0) }));
  return { ...recorded, arms };
}

it('draws both curves from edge to edge, up for more', () => {
  const spark = sparkOf(results(3));
  expect(spark?.method).toBe('2,18 32,10 62,2');
  expect(spark?.baseline).toBe('2,18 32,18 62,18');
  expect(spark?.about).toBe('score while training: baseline grey, method in colour');
});

it('has few points of long curves, the first and the last among them', () => {
  const points = sparkOf(results(100))?.method.split(' ');
  expect(points).toHaveLength(24);
  expect(points?.[0]).toBe('2,18');
  expect(points?.at(-1)).toBe('62,2');
});

it('is none where nothing was drawn while it ran', () => {
  expect(sparkOf(syntheticResults())).toBeUndefined();
});

it('is computed once for each results', () => {
  const recorded = results(3);
  expect(sparkOf(recorded)).toBe(sparkOf(recorded));
});
