import { tensor } from '@evenkeel/tensor';
import { describe, expect, it } from 'vitest';
import { countChoices, droppedShare, loadEntropy, maxViolation, specialization } from './measures.js';

describe('maxViolation', () => {
  it('is 0 for even loads, and experts - 1 where one expert gets all', async () => {
    const counts = tensor([
      [2, 2, 2, 2],
      [8, 0, 0, 0],
      [4, 0, 2, 2],
    ]);
    expect(await maxViolation(counts).toArray()).toEqual([0, 3, 1]);
    expect(await maxViolation(tensor([4, 0], 'int32')).item()).toBe(1);
  });
});

describe('loadEntropy', () => {
  it('is 1 for even loads, 0 where one expert gets all, and a half where half of four share', async () => {
    const counts = tensor(
      [
        [5, 5, 5, 5],
        [0, 9, 0, 0],
        [3, 0, 3, 0],
      ],
      'float64',
    );
    const found = (await loadEntropy(counts).toArray()) as number[];
    [1, 0, 0.5].forEach((expected, i) => {
      expect(found[i]).toBeCloseTo(expected, 12);
    });
  });
});

describe('specialization', () => {
  it('is 0 where domains use experts alike, and 1 - 1 / domains where each has its own', async () => {
    expect(
      await specialization(
        tensor(
          [
            [1, 3],
            [10, 30],
          ],
          'float64',
        ),
      ).item(),
    ).toBeCloseTo(0, 12);
    expect(
      await specialization(
        tensor(
          [
            [4, 0, 0],
            [0, 4, 0],
            [0, 0, 4],
          ],
          'float64',
        ),
      ).item(),
    ).toBeCloseTo(2 / 3, 12);
  });
});

describe('counts', () => {
  it('are of choices, by group, and numbers of no expert count nowhere', async () => {
    const chosen = tensor(
      [
        [
          [0, 2],
          [2, -1],
        ],
        [
          [1, 0],
          [7, 1],
        ],
      ],
      'int32',
    );
    expect(await countChoices(chosen, 3).toArray()).toEqual([
      [1, 0, 2],
      [1, 2, 0],
    ]);
  });

  it('say which share was dropped', async () => {
    const experts = tensor(
      [
        [0, 1],
        [1, 1],
      ],
      'int32',
    );
    expect(await droppedShare({ dropped: tensor(1, 'int32'), experts }).item()).toBe(0.25);
  });

  it.each([
    ['a scalar', () => maxViolation(tensor(1)), /maxViolation: expected counts \[..., experts\], got \[\]/],
    [
      'negative counts',
      () => loadEntropy(tensor([1, -1])),
      /loadEntropy: counts must be finite and not negative, got -1/,
    ],
    [
      'a row of zeros',
      () =>
        maxViolation(
          tensor([
            [1, 1],
            [0, 0],
          ]),
        ),
      /counts must not all be 0/,
    ],
    ['entropy of one expert', () => loadEntropy(tensor([3])), /at least two experts, got one/],
    [
      'counts of one domain',
      () => specialization(tensor([3, 1])),
      /expected counts \[domains, experts\], got \[2\]/,
    ],
  ])('refuses %s', (_, attempt, message) => {
    expect(attempt).toThrow(message);
  });
});
