import { expect, it } from 'vitest';
import { madeUpResults } from '../../../test/site.js';
import { headlineComparison } from './verdicts.js';

it('compares the arms of the first claim that compares two, seed by seed', async () => {
  const comparison = headlineComparison(await madeUpResults());
  expect(comparison?.metric.name).toBe('testAccuracy');
  expect(comparison?.baseline).toEqual({ label: 'AdamW', mean: 0.02 });
  expect(comparison?.method.mean).toBeCloseTo(0.97);
  expect(comparison?.differences.map((value) => value.toFixed(3))).toEqual(['0.960', '0.950', '0.940']);
});

it('compares the first method with the first baseline where no claim compares', async () => {
  const results = { ...(await madeUpResults()), claims: [] };
  expect(headlineComparison(results)).toMatchObject({
    metric: { name: 'testAccuracy' },
    baseline: { label: 'AdamW' },
    method: { label: '⊥AdamW' },
  });
});

it('compares nothing where there is only one arm', async () => {
  const { arms, ...rest } = await madeUpResults();
  expect(headlineComparison({ ...rest, claims: [], arms: arms.slice(0, 1) })).toBeUndefined();
});
