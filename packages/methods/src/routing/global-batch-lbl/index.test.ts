import { accumulate, sgd, train } from '@evenkeel/nn';
import {
  compile,
  concat,
  grad,
  normal,
  oneHot,
  ones,
  randomKey,
  slice,
  softmax,
  type Tensor,
  tensor,
  topK,
  zeros,
} from '@evenkeel/tensor';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type GoldenFile, testGolden } from '../../testing/golden.js';
import golden from './golden.json' with { type: 'json' };
import { FrequencyBuffer, type LoadBalanceOptions, loadBalanceLoss, microBatches } from './index.js';

const dtype = 'float64';
const float64 = (elements: Parameters<typeof tensor>[0]) => tensor(elements, dtype);
const ints = (elements: Parameters<typeof tensor>[0]) => tensor(elements, 'int32');
const numbers = async (x: Tensor) => Array.from(await x.data(), Number);

/** The loss of router logits `[G, n, E]` whose `count` largest are chosen. */
function balanceOf(logits: Tensor, count: number, options: LoadBalanceOptions = {}) {
  const probabilities = softmax(logits);
  return loadBalanceLoss(probabilities, topK(probabilities, count).indices, options);
}

describe('golden values', () => {
  testGolden(golden as unknown as GoldenFile, {
    lbl: {
      tolerance: { relative: 1e-6, absolute: 2e-8 },
      async run({
        inputs,
        options: { level, topK: count, weight, frequencySum, accumulationSteps, microMix },
      }) {
        const options = {
          level,
          weight,
          frequencySum: frequencySum === undefined ? undefined : `${frequencySum}`,
          microMix,
          ...(level === 'buffer' && { accumulationSteps: accumulationSteps ?? inputs.logits.length }),
          ...(level === 'shuffle' && { key: randomKey(0) }),
          ...(inputs.mask && { mask: float64(inputs.mask) }),
        } as LoadBalanceOptions;
        const logits = float64(inputs.logits);
        const found = balanceOf(logits, count, options);
        return {
          counts: await found.counts.toArray(),
          frequency: await found.frequency.toArray(),
          meanProb: await found.meanProbability.toArray(),
          perMicroBatch: await found.perMicroBatch.toArray(),
          loss: await found.loss.item(),
          gradLogits: await grad((at: Tensor) => balanceOf(at, count, options).loss)(logits).toArray(),
        };
      },
    },
  });
});

/** Random logits of a few micro-batches. */
const batches = fc
  .record({
    seed: fc.integer({ min: 0, max: 1e6 }),
    groups: fc.integer({ min: 1, max: 5 }),
    tokens: fc.integer({ min: 1, max: 6 }),
    experts: fc.integer({ min: 2, max: 6 }),
  })
  .map(({ seed, groups, tokens, experts }) => ({
    logits: normal(randomKey(seed), [groups, tokens, experts], { dtype }).mul(2),
    count: 1 + (seed % experts),
    groups,
    tokens,
    experts,
  }));

const close = async (actual: Tensor, expected: Tensor | readonly number[], digits = 10) => {
  const [left, right] = [
    await numbers(actual),
    Array.isArray(expected) ? expected : await numbers(expected as Tensor),
  ];
  expect(left.length).toBe(right.length);
  left.forEach((each, i) => {
    expect(each).toBeCloseTo(right[i]!, digits);
  });
};

describe('the loss', () => {
  const one = { weight: 1 };

  it('is 1 where probabilities or frequencies are even, whatever the others are', async () => {
    const crooked = ints([[[0], [0], [0], [1]]]);
    await close(loadBalanceLoss(ones([1, 4, 4], dtype).div(4), crooked, one).loss, [1]);
    const even = ints([[[0], [1], [2], [3]]]);
    await close(loadBalanceLoss(softmax(normal(randomKey(0), [1, 4, 4], { dtype })), even, one).loss, [1]);
  });

  it('is the number of experts where one gets all', async () => {
    const all = zeros([1, 3, 1], 'int32');
    await close(loadBalanceLoss(oneHot(zeros([1, 3], 'int32'), 4, dtype), all, one).loss, [4]);
  });

  it('is 2 by micro-batches that each use one of two experts, and 1 over all of them', async () => {
    const domains = ints([
      [0, 0],
      [1, 1],
    ]);
    const loss = (level: 'micro' | 'global') =>
      loadBalanceLoss(oneHot(domains, 2, dtype), domains.reshape([2, 2, 1]), { ...one, level });
    await close(loss('micro').loss, [2]);
    await close(loss('global').loss, [1]);
    await close(loss('global').maxViolation, [0]);
  });

  it('is the same at all levels with one micro-batch, and with equal micro-batches', () =>
    fc.assert(
      fc.asyncProperty(batches, async ({ logits, count, tokens }) => {
        const first = slice(logits, [0], [1]);
        const micro = balanceOf(first, count, { level: 'micro' }).loss;
        await close(balanceOf(first, count).loss, micro);
        await close(balanceOf(first, count, { level: 'buffer', accumulationSteps: 1 }).loss, micro);
        await close(
          balanceOf(first, count, { level: 'shuffle', key: randomKey(1), drawn: tokens }).loss,
          micro,
        );
        const equal = concat([first, first], 0);
        await close(balanceOf(equal, count).loss, balanceOf(equal, count, { level: 'micro' }).loss);
      }),
      { numRuns: 8 },
    ));

  it('over all micro-batches is that of all tokens at once, and of all tokens drawn', () =>
    fc.assert(
      fc.asyncProperty(batches, async ({ logits, count, groups, tokens, experts }) => {
        const whole = balanceOf(logits.reshape([1, groups * tokens, experts]), count).loss;
        await close(balanceOf(logits, count).loss, whole);
        const drawn = { level: 'shuffle', key: randomKey(7), drawn: groups * tokens } as const;
        await close(balanceOf(logits, count, drawn).loss, whole);
      }),
      { numRuns: 8 },
    ));

  it('differs between levels by the covariance of frequencies and probabilities', () =>
    fc.assert(
      fc.asyncProperty(batches, async ({ logits, count, experts }) => {
        const micro = balanceOf(logits, count, { ...one, level: 'micro' });
        const { frequency: f, meanProbability: p } = micro;
        const spread = (x: Tensor) => x.sub(x.mean({ axis: 0, keepAxes: true }));
        const covariance = spread(f).mul(spread(p)).sum({ axis: -1 }).mean().mul(experts);
        await close(micro.loss.sub(balanceOf(logits, count, one).loss), covariance);
      }),
      { numRuns: 8 },
    ));

  it('has the gradient weight · E / (G n) · p (f - Σ f p), whose rows sum to 0', () =>
    fc.assert(
      fc.asyncProperty(batches, async ({ logits, count, groups, tokens, experts }) => {
        const weight = 0.3;
        const slopes = grad((at: Tensor) => balanceOf(at, count, { weight }).loss)(logits);
        const f = balanceOf(logits, count).frequency.mean({ axis: 0 });
        const p = softmax(logits);
        const expected = p
          .mul(f.sub(p.mul(f).sum({ axis: -1, keepAxes: true })))
          .mul((weight * experts) / (groups * tokens));
        await close(slopes, expected, 9);
        await close(
          slopes.sum({ axis: -1 }),
          Array.from({ length: groups * tokens }, () => 0),
          9,
        );
      }),
      { numRuns: 8 },
    ));

  it('is K times as large with frequencies that sum to K, and grows by the share of the micro loss', () =>
    fc.assert(
      fc.asyncProperty(batches, async ({ logits, count }) => {
        const [global, micro] = [
          balanceOf(logits, count).loss,
          balanceOf(logits, count, { level: 'micro' }).loss,
        ];
        await close(balanceOf(logits, count, { frequencySum: 'K' }).loss, global.mul(count));
        await close(balanceOf(logits, count, { microMix: 0.01 }).loss, global.add(micro.mul(0.01)));
      }),
      { numRuns: 8 },
    ));

  it('sees nothing of masked tokens, whatever stands there', async () => {
    const kept = normal(randomKey(3), [2, 3, 4], { dtype });
    const padded = concat([kept, normal(randomKey(4), [2, 2, 4], { dtype }).mul(9)], 1);
    const mask = ints([
      [1, 1, 1, 0, 0],
      [1, 1, 1, 0, 0],
    ]);
    for (const level of ['micro', 'global'] as const) {
      await close(balanceOf(padded, 2, { level, mask }).loss, balanceOf(kept, 2, { level }).loss);
    }
    const shuffled = { level: 'shuffle', key: randomKey(5), mask, drawn: 6 } as const;
    await close(balanceOf(padded, 2, shuffled).loss, balanceOf(kept, 2).loss);
  });

  it('takes a mask of the chosen experts as it takes their numbers', () =>
    fc.assert(
      fc.asyncProperty(batches, async ({ logits, count, experts }) => {
        const probabilities = softmax(logits);
        const { indices } = topK(probabilities, count);
        const chosen = oneHot(indices, experts, dtype).sum({ axis: -2 }).cast('bool');
        const options = { ...one, level: 'micro', frequencySum: 'K' } as const;
        const found = loadBalanceLoss(probabilities, chosen, options);
        await close(found.loss, loadBalanceLoss(probabilities, indices, options).loss);
      }),
      { numRuns: 8 },
    ));

  it('says how often each domain chose each expert', async () => {
    const chosen = ints([
      [
        [0, 1],
        [0, 2],
      ],
      [
        [2, 1],
        [2, 1],
      ],
    ]);
    const even = ones([2, 2, 3], dtype).div(3);
    const byBatch = { domains: ints([2, 0]), domainCount: 3 };
    const frequencies = [
      [0, 0.5, 0.5],
      [0, 0, 0],
      [0.5, 0.25, 0.25],
    ];
    expect(await loadBalanceLoss(even, chosen, byBatch).domainFrequency!.toArray()).toEqual(frequencies);
    const byToken = {
      domains: ints([
        [0, 1],
        [0, 0],
      ]),
      domainCount: 2,
      frequencySum: 'K',
      mask: tensor([
        [1, 1],
        [1, 0],
      ]),
    } as const;
    expect(await loadBalanceLoss(even, chosen, byToken).domainFrequency!.toArray()).toEqual([
      [0.5, 1, 0.5],
      [1, 0, 1],
    ]);
  });

  it('adds the counts of other devices', async () => {
    const [mine, theirs] = [
      normal(randomKey(6), [1, 4, 3], { dtype }),
      normal(randomKey(7), [1, 4, 3], { dtype }),
    ];
    const others = balanceOf(theirs, 1).counts.sum({ axis: 0 });
    const reduced = balanceOf(mine, 1, { reduce: (counts) => counts.add(others) });
    await close(
      reduced.perMicroBatch,
      slice(balanceOf(concat([mine, theirs], 0), 1).perMicroBatch, [0], [1]),
    );
  });

  it('counts the domains of batches that are cut into micro-batches', async () => {
    expect(microBatches(zeros([6, 5]), 3).shape).toEqual([3, 2, 5]);
  });
});

describe('the buffer', () => {
  const logits = normal(randomKey(8), [3, 4, 3], { dtype });
  const part = (i: number) => slice(logits, [i], [i + 1]);

  it('uses the counts so far: its own at first, then the mean of two', async () => {
    const found = balanceOf(slice(logits, [0], [2]), 1, { level: 'buffer', accumulationSteps: 2, weight: 1 });
    const { frequency, meanProbability, perMicroBatch } = found;
    const [first, second] = [slice(frequency, [0], [1]), frequency.mean({ axis: 0, keepAxes: true })];
    await close(perMicroBatch, concat([first, second], 0).mul(meanProbability).sum({ axis: -1 }).mul(3));
    await close(
      slice(perMicroBatch, [0], [1]),
      balanceOf(part(0), 1, { level: 'micro', weight: 1 }).loss.reshape([1]),
    );
  });

  it('gives the same when micro-steps come one a call, and begins anew after a reset', async () => {
    const together = await numbers(
      balanceOf(logits, 1, { level: 'buffer', accumulationSteps: 3 }).perMicroBatch,
    );
    let buffer = new FrequencyBuffer(3, 3);
    for (let round = 0; round < 2; round++) {
      for (let i = 0; i < 3; i++) {
        const found = balanceOf(part(i), 1, { level: 'buffer', buffer });
        await close(found.perMicroBatch, [together[i]!]);
        buffer = found.buffer!;
      }
      buffer = buffer.reset();
    }
  });

  it('empties itself in a training that accumulates gradients, and stops it where nobody does', async () => {
    const run = async (reset: boolean) => {
      const losses: number[] = [];
      const model = { logits: part(0).cast('float32'), buffer: new FrequencyBuffer(3, 2) };
      const loss = (each: typeof model) => {
        const found = balanceOf(each.logits, 1, { level: 'buffer', buffer: each.buffer, weight: 1 });
        const next = found.buffer!;
        return {
          loss: found.loss,
          model: { logits: each.logits, buffer: reset ? next.resetWhenFull() : next },
        };
      };
      const optimizer = accumulate(sgd({ learningRate: 0 }), 2);
      const forever = { batchesFrom: () => Array.from({ length: 5 }, () => ones([1])) };
      for await (const progress of train({ model, loss, optimizer, batches: forever, steps: 5 }))
        losses.push(progress.loss);
      return losses;
    };
    expect(new Set(await run(true)).size).toBe(1);
    await expect(run(false)).rejects.toThrow(/the loss is NaN at step 3/);
  });

  it('refuses micro-steps that it has no room for', async () => {
    const counts = tensor([1, 2, 3]);
    const once = await compile(() => new FrequencyBuffer(3, 1).add(counts))();
    expect(() => once.add(counts)).toThrow(/has all 1 micro-steps; reset it after the optimizer step/);
    expect(await numbers(once.reset().add(counts).counts)).toEqual([1, 2, 3]);
    expect(() => new FrequencyBuffer(0, 1)).toThrow(/experts must be an integer of at least 1, got 0/);
    expect(() => new FrequencyBuffer(2, 0)).toThrow(/steps must be an integer of at least 1, got 0/);
    expect(() => new FrequencyBuffer(3, 1).add(tensor([1, 2]))).toThrow(
      /expected counts \[..., 3\], got \[2\]/,
    );
  });
});

describe('bad input', () => {
  const even = (...shape: number[]) => ones(shape, dtype).div(shape[2] ?? 1);
  const attempt =
    (options: object, groups = 4) =>
    () =>
      loadBalanceLoss(even(groups, 2, 3), zeros([groups, 2, 1], 'int32'), options);

  it.each([
    [
      'probabilities of rank 2',
      () => loadBalanceLoss(ones([2, 1]), zeros([2, 1], 'int32')),
      /\[micro-batches, tokens, experts\], none of them 0, got \[2, 1\]/,
    ],
    [
      'an empty micro-batch',
      () => loadBalanceLoss(zeros([2, 0, 3]), zeros([2, 0, 1], 'int32')),
      /none of them 0, got \[2, 0, 3\]/,
    ],
    [
      'integer probabilities',
      () => loadBalanceLoss(ones([1, 1, 1], 'int32'), zeros([1, 1, 1], 'int32')),
      /must be float, got int32/,
    ],
    [
      'probabilities that do not sum to 1',
      () => loadBalanceLoss(tensor([[[0.5, 0.6]]]), ints([[[0]]])),
      /token 0 must not be negative and sum to 1, got 1.1/,
    ],
    [
      'a negative probability',
      () => loadBalanceLoss(float64([[[-0.5, 1.5]]]), ints([[[0]]])),
      /must not be negative/,
    ],
    [
      'frequencies with a gradient',
      () => loadBalanceLoss(even(1, 2, 3), even(1, 2, 3)),
      /int32, or a mask, bool, since counts have no gradient; got float64/,
    ],
    [
      'choices of other tokens',
      () => loadBalanceLoss(even(1, 2, 3), zeros([1, 3, 1], 'int32')),
      /expected choices \[1, 2, topK\], got \[1, 3, 1\]/,
    ],
    [
      'no choice',
      () => loadBalanceLoss(even(1, 2, 3), zeros([1, 2, 0], 'int32')),
      /topK must be an integer from 1 to 3, got 0/,
    ],
    [
      'more choices than experts',
      () => loadBalanceLoss(even(1, 2, 3), zeros([1, 2, 4], 'int32')),
      /from 1 to 3, got 4/,
    ],
    [
      'a choice of no expert',
      () => loadBalanceLoss(even(1, 1, 3), ints([[[3]]])),
      /choice 3 is outside \[0, 3\)/,
    ],
    ['a mask of other tokens', attempt({ mask: ones([4, 3]) }), /expected a mask \[4, 2\], got \[4, 3\]/],
    [
      'a micro-batch of padding',
      attempt({
        mask: tensor([
          [1, 1],
          [0, 0],
          [1, 1],
          [1, 0],
        ]),
      }),
      /micro-batch 1 has no tokens/,
    ],
    [
      'a mask of other experts',
      () => loadBalanceLoss(even(1, 2, 3), ones([1, 2, 2]).cast('bool')),
      /expected choices \[1, 2, 3\], got \[1, 2, 2\]/,
    ],
    [
      'a mask of no experts',
      () => loadBalanceLoss(even(1, 1, 2), tensor([[[false, false]]], 'bool')),
      /micro-batch 0 chooses no expert/,
    ],
    [
      'domains without their number',
      attempt({ domains: ints([0, 1, 0, 1]) }),
      /domains and domainCount go together/,
    ],
    [
      'domains of other micro-batches',
      attempt({ domains: ints([0, 1]), domainCount: 2 }),
      /expected domains \[4\] or \[4, 2\], got \[2\]/,
    ],
    [
      'domains that are no numbers',
      attempt({ domains: ones([4]), domainCount: 2 }),
      /domains must be int32, got float32/,
    ],
    [
      'no domains',
      attempt({ domains: ints([0, 1, 0, 1]), domainCount: 0 }),
      /domainCount must be an integer of at least 1, got 0/,
    ],
    ['a negative weight', attempt({ weight: -1 }), /weight must be finite and not negative, got -1/],
    ['a negative mix', attempt({ microMix: -1 }), /microMix must be finite and not negative, got -1/],
    ['an unknown level', attempt({ level: 'local' }), /level must be one of micro, global, buffer, shuffle/],
    ['an unknown sum', attempt({ frequencySum: '2' }), /frequencySum must be one of 1, K/],
    [
      'a buffer level without a buffer',
      attempt({ level: 'buffer' }),
      /needs either accumulationSteps or a buffer/,
    ],
    [
      'a buffer at another level',
      attempt({ buffer: new FrequencyBuffer(3, 2) }),
      /belong to the level buffer, got global/,
    ],
    [
      'a buffer of other experts',
      attempt({ level: 'buffer', buffer: new FrequencyBuffer(2, 2) }),
      /expected counts \[..., 2\]/,
    ],
    [
      'steps that do not divide',
      attempt({ level: 'buffer', accumulationSteps: 3 }),
      /4 micro-batches cannot be divided into 3/,
    ],
    ['shuffling without a key', attempt({ level: 'shuffle' }), /shuffle needs a random key/],
    [
      'drawing more tokens than there are',
      attempt({ level: 'shuffle', key: randomKey(0), drawn: 9 }),
      /drawn must be an integer from 1 to 8, got 9/,
    ],
    [
      'batches that do not divide',
      () => microBatches(zeros([7, 2]), 2),
      /a batch of 7 cannot be divided into 2/,
    ],
    [
      'half a micro-batch',
      () => microBatches(zeros([7, 2]), 0.5),
      /count must be an integer of at least 1, got 0.5/,
    ],
    ['a scalar as a batch', () => microBatches(zeros([]), 2), /expected a batch \[N, ...\], got \[\]/],
  ])('refuses %s', (_, run, message) => {
    expect(run).toThrow(message);
  });
});
