import { requireSteps } from '../optimizers/options.js';
import { type Columns, columns, type Dataset, type HostArray, requireIndices } from './dataset.js';

/** Tokens and the tokens that follow them. */
export type TokenWindows = {
  /** int32 `[samples, length]` */
  readonly inputs: HostArray;
  /** int32 `[samples, length]`: each place has the token that comes after the one in `inputs`. */
  readonly targets: HostArray;
};

/**
 * A long row of tokens as samples for a language model: windows of `length` tokens, which begin at 0, `stride`,
 * 2 · `stride`, … as long as a token follows. They are cut when they are read: the tokens stay where they are.
 * @param options `stride`: `length` unless said, so that each token is once an input (but for a rest at the end)
 * @throws RangeError when there are not tokens enough for one window
 */
export function tokenWindows(
  tokens: ArrayLike<number>,
  length: number,
  { stride = length }: { readonly stride?: number } = {},
): Dataset<TokenWindows> {
  requireSteps('tokenWindows', 'length', length);
  requireSteps('tokenWindows', 'stride', stride);
  if (tokens.length <= length) {
    throw new RangeError(
      `tokenWindows: ${tokens.length} tokens have no window of ${length} and one that follows`,
    );
  }
  const count = Math.floor((tokens.length - 1 - length) / stride) + 1;
  return {
    length: count,
    read(indices) {
      requireIndices('read', indices, count);
      const from = (offset: number): HostArray => ({
        data: Int32Array.from(
          { length: indices.length * length },
          (_, i) => tokens[indices[Math.floor(i / length)]! * stride + (i % length) + offset]!,
        ),
        shape: [indices.length, length],
        dtype: 'int32',
      });
      return { inputs: from(0), targets: from(1) };
    },
  };
}

/** Sequences of one length. */
export type PaddedSequences = {
  /** int32 `[samples, length]` */
  readonly tokens: HostArray;
  /** float32 `[samples, length]`: 1 for tokens, 0 for what was added. */
  readonly tokenMask: HostArray;
};

/** How sequences are filled up. */
export interface PadSequencesOptions {
  /** Of all sequences; that of the longest unless said. */
  readonly length?: number;
  /** What is added; 0 unless said. */
  readonly value?: number;
  /** Where it is added; `end` unless said. */
  readonly side?: 'start' | 'end';
}

/**
 * Sequences of different lengths as columns of one length, with a mask that tells tokens from what was added.
 * @throws RangeError when a sequence is longer than `length`
 */
export function padSequences(
  sequences: readonly ArrayLike<number>[],
  { length, value = 0, side = 'end' }: PadSequencesOptions = {},
): Columns<PaddedSequences> {
  const longest = sequences.reduce((most, sequence) => Math.max(most, sequence.length), 0);
  const width = length ?? longest;
  requireSteps('padSequences', length === undefined ? 'the longest length' : 'length', width);
  if (longest > width) {
    const which = sequences.findIndex((sequence) => sequence.length > width);
    throw new RangeError(
      `padSequences: sequence ${which} has ${sequences[which]!.length} tokens, more than the length ${width}`,
    );
  }
  if (side !== 'start' && side !== 'end') {
    throw new RangeError(`padSequences: side must be start or end, got ${side}`);
  }
  const shape = [sequences.length, width];
  const tokens = new Int32Array(sequences.length * width).fill(value);
  const mask = new Float32Array(tokens.length);
  sequences.forEach((sequence, row) => {
    const begin = row * width + (side === 'end' ? 0 : width - sequence.length);
    tokens.set(sequence, begin);
    mask.fill(1, begin, begin + sequence.length);
  });
  return columns({
    tokens: { data: tokens, shape, dtype: 'int32' },
    tokenMask: { data: mask, shape, dtype: 'float32' },
  });
}
