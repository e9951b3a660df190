import {
  crossEntropy,
  Embedding,
  gelu,
  LayerNorm,
  Linear,
  MixtureOfExperts,
  MultiHeadAttention,
  type Router,
  type RouterModule,
  type RouterStatistics,
} from '@evenkeel/nn';
import { iota, slice, splitKey, type Tensor } from '@evenkeel/tensor';
import { characters } from '../examples/sotu-transformer/speeches.js';
import { windowLength } from './eras.js';

export const languageExperts = 8;
const width = 48;

/** Linear, GELU, linear. */
class FeedForward {
  readonly widen: Linear;
  readonly narrow: Linear;

  constructor(key: Tensor) {
    const [widenKey, narrowKey] = splitKey(key);
    this.widen = new Linear(widenKey, width, 2 * width);
    this.narrow = new Linear(narrowKey, 2 * width, width);
  }

  call(x: Tensor): Tensor {
    return this.narrow.call(gelu(this.widen.call(x)));
  }
}

/**
 * A small language model over characters: attention of 4 heads, then a mixture of 8 experts, 48 wide. Experts have room
 * for a quarter more than their even share; what finds none passes them by.
 */
export class MixtureLanguageModel<R extends Router | RouterModule> {
  readonly characters: Embedding;
  readonly places: Embedding;
  readonly attentionNorm = new LayerNorm(width);
  readonly attention: MultiHeadAttention;
  readonly mixtureNorm = new LayerNorm(width);
  readonly mixture: MixtureOfExperts<FeedForward, R>;
  readonly norm = new LayerNorm(width);
  readonly output: Linear;

  constructor(key: Tensor, router: R) {
    const [charactersKey, placesKey, attentionKey, mixtureKey, outputKey] = splitKey(key, 5);
    this.characters = new Embedding(charactersKey!, characters.size, width);
    this.places = new Embedding(placesKey!, windowLength, width);
    this.attention = new MultiHeadAttention(attentionKey!, width, 4);
    this.mixture = new MixtureOfExperts(
      mixtureKey!,
      width,
      languageExperts,
      (each) => new FeedForward(each),
      {
        router,
        capacity: 1.25,
      },
    );
    this.output = new Linear(outputKey!, width, characters.size);
  }

  /** int32 `[n, 32]` → logits of the next character `[n, 32, 96]`, and what the router did with the n · 32 tokens. */
  call(tokens: Tensor): [logits: Tensor, statistics: RouterStatistics] {
    const embedded = this.characters.call(tokens).add(this.places.call(iota(windowLength)));
    const seen = embedded.add(this.attention.call(this.attentionNorm.call(embedded), { causal: true }));
    const [mixed, statistics] = this.mixture.call(this.mixtureNorm.call(seen));
    return [this.output.call(this.norm.call(seen.add(mixed))), statistics];
  }

  /** The same model with another router. */
  withRouter(router: R): MixtureLanguageModel<R> {
    const mixture = this.mixture.withRouter(router);
    return Object.assign(Object.create(MixtureLanguageModel.prototype), this, { mixture });
  }
}

/** Mean cross-entropy of windows `[eras, windows, 33]` in nats a character, and what the router did. */
export function languageLoss<R extends Router | RouterModule>(
  model: MixtureLanguageModel<R>,
  windows: Tensor,
): { loss: Tensor; statistics: RouterStatistics } {
  const [eras, count] = windows.shape as [number, number, number];
  const tokens = windows.reshape([eras * count, windowLength + 1]);
  const [logits, statistics] = model.call(slice(tokens, [0, 0], [eras * count, windowLength]));
  const targets = slice(tokens, [0, 1], [eras * count, windowLength + 1]);
  return { loss: crossEntropy(logits, targets), statistics };
}
