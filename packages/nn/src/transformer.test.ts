import {
  expandAxis,
  iota,
  layerNorm,
  matMul,
  randomKey,
  softmax,
  split,
  splitKey,
  squeeze,
  swapAxes,
  type Tensor,
  tensor,
  triangle,
  where,
} from '@evenkeel/tensor';
import { describe, expect, it } from 'vitest';
import { accuracy, adamW, crossEntropy, Embedding, fit, gelu, Linear } from './index.js';

const [letters, length, width, heads] = [8, 6, 32, 4];

/** One block of causal attention and a feed-forward network, put together from operations. */
class SmallTransformer {
  readonly tokens: Embedding;
  readonly positions: Embedding;
  readonly mix: Linear;
  readonly project: Linear;
  readonly widen: Linear;
  readonly narrow: Linear;
  readonly output: Linear;

  constructor(key: Tensor) {
    const [tokens, positions, mix, project, widen, narrow, output] = splitKey(key, 7);
    this.tokens = new Embedding(tokens, letters, width);
    this.positions = new Embedding(positions, length, width);
    this.mix = new Linear(mix, width, 3 * width);
    this.project = new Linear(project, width, width);
    this.widen = new Linear(widen, width, 4 * width);
    this.narrow = new Linear(narrow, 4 * width, width);
    this.output = new Linear(output, width, letters);
  }

  attend(x: Tensor): Tensor {
    const batch = x.length(0);
    const parts = this.mix
      .call(x)
      .reshape([batch, length, 3, heads, width / heads])
      .transpose([2, 0, 3, 1, 4]);
    const [query, key, value] = split(parts, 3).map((part) => squeeze(part, 0)) as [Tensor, Tensor, Tensor];
    const scores = matMul(query, key, { transposeB: true }).mul((width / heads) ** -0.5);
    const mixed = matMul(softmax(where(triangle(length, length), scores, -1e9)), value);
    return this.project.call(swapAxes(mixed, 1, 2).reshape([batch, length, width]));
  }

  /** `[batch, length]` → `[batch, length, letters]` */
  call(tokens: Tensor): Tensor {
    const embedded = this.tokens.call(tokens).add(expandAxis(this.positions.call(iota(length)), 0));
    const attended = embedded.add(this.attend(layerNorm(embedded)));
    const widened = gelu(this.widen.call(layerNorm(attended)));
    return this.output.call(layerNorm(attended.add(this.narrow.call(widened))));
  }
}

describe('a small transformer', () => {
  /** Each position's label is the letter at the first position: only attention can know it. */
  const sequences = Array.from({ length: 64 }, (_, i) =>
    Array.from({ length }, (_, j) => (i * 7 + j * j * 3 + Math.floor(i / 8) * j) % letters),
  );
  const batch = {
    tokens: tensor(sequences, 'int32'),
    labels: tensor(
      sequences.map((sequence) => sequence.map(() => sequence[0]!)),
      'int32',
    ),
  };

  it('learns to look back', async () => {
    const { metrics } = await fit({
      model: new SmallTransformer(randomKey(0)),
      loss: (model, { tokens, labels }: typeof batch) => {
        const logits = model.call(tokens);
        return { loss: crossEntropy(logits, labels), metrics: { accuracy: accuracy(logits, labels) } };
      },
      optimizer: adamW({ learningRate: 0.01 }),
      batches: Array.from({ length: 60 }, () => batch),
      steps: 60,
    });
    expect(metrics.accuracy).toBeGreaterThan(0.99);
  });

  it('ignores what comes later', async () => {
    const model = new SmallTransformer(randomKey(1));
    const changed = sequences.map((sequence) =>
      sequence.with(length - 1, (sequence[length - 1]! + 1) % letters),
    );
    const [before, after] = [
      await model.call(batch.tokens).data(),
      await model.call(tensor(changed, 'int32')).data(),
    ];
    const rowOf = (i: number) => Math.floor(i / letters) % length;
    before.forEach((value, i) => {
      if (rowOf(i) < length - 1) expect(after[i]).toBe(value);
    });
    expect(before.some((value, i) => rowOf(i) === length - 1 && value !== after[i])).toBe(true);
  });
});
