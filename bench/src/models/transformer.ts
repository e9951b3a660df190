import { adamW, crossEntropy, Embedding, gelu, Linear, scaledNormal } from '@evenkeel/nn';
import {
  greaterEqual,
  iota,
  matMul,
  normal,
  slice,
  softmax,
  split,
  splitKey,
  squeeze,
  stopGradient,
  swapAxes,
  type Tensor,
  topK,
  triangle,
  where,
} from '@evenkeel/tensor';
import { type Workload, workload } from '../workload.js';
import { integers, LayerNorm } from './layers.js';

const [batchSize, length, width, heads, layers, vocabulary] = [32, 64, 128, 4, 2, 256];
const [expertCount, expertWidth, chosenExperts] = [4, 256, 2];

class FeedForward {
  readonly widen: Linear;
  readonly narrow: Linear;

  constructor(key: Tensor) {
    const [widen, narrow] = splitKey(key);
    this.widen = new Linear(widen, width, 4 * width);
    this.narrow = new Linear(narrow, 4 * width, width);
  }

  call(x: Tensor): Tensor {
    return this.narrow.call(gelu(this.widen.call(x)));
  }
}

/** Every expert sees every token; what a token's two best experts say is mixed by their probabilities. */
class Experts {
  readonly router: Linear;
  readonly widen: Tensor;
  readonly narrow: Tensor;

  constructor(key: Tensor) {
    const [router, widen, narrow] = splitKey(key, 3);
    this.router = new Linear(router, width, expertCount, { bias: false });
    this.widen = normal(widen, [expertCount, width, expertWidth]).mul(width ** -0.5);
    this.narrow = normal(narrow, [expertCount, expertWidth, width]).mul(expertWidth ** -0.5);
  }

  call(x: Tensor): Tensor {
    const tokens = x.reshape([1, x.size / width, width]);
    const probabilities = softmax(this.router.call(squeeze(tokens, 0)));
    const lowest = slice(
      topK(stopGradient(probabilities), chosenExperts).values,
      [0, chosenExperts - 1],
      [tokens.length(1), chosenExperts],
    );
    const kept = where(greaterEqual(probabilities, lowest), probabilities, 0);
    const shares = kept.div(kept.sum({ axis: -1, keepAxes: true }));
    const said = matMul(gelu(matMul(tokens, this.widen)), this.narrow);
    const weighted = said.mul(shares.transpose([1, 0]).reshape([expertCount, tokens.length(1), 1]));
    return weighted.sum({ axis: 0 }).reshape(x.shape);
  }
}

interface Mixer {
  call(x: Tensor): Tensor;
}

class Block {
  readonly norm1: LayerNorm;
  readonly mix: Linear;
  readonly project: Linear;
  readonly norm2: LayerNorm;
  readonly feed: Mixer;

  constructor(key: Tensor, feedFrom: (key: Tensor) => Mixer) {
    const [mix, project, feed] = splitKey(key, 3);
    this.norm1 = new LayerNorm(width);
    this.mix = new Linear(mix, width, 3 * width);
    this.project = new Linear(project, width, width);
    this.norm2 = new LayerNorm(width);
    this.feed = feedFrom(feed);
  }

  call(x: Tensor): Tensor {
    const attended = x.add(this.attend(this.norm1.call(x)));
    return attended.add(this.feed.call(this.norm2.call(attended)));
  }

  attend(x: Tensor): Tensor {
    const parts = this.mix
      .call(x)
      .reshape([batchSize, length, 3, heads, width / heads])
      .transpose([2, 0, 3, 1, 4]);
    const [query, key, value] = split(parts, 3).map((part) => squeeze(part, 0)) as [Tensor, Tensor, Tensor];
    const scores = matMul(query, key, { transposeB: true }).mul((width / heads) ** -0.5);
    const mixed = matMul(softmax(where(triangle(length, length), scores, -1e9)), value);
    return this.project.call(swapAxes(mixed, 1, 2).reshape([batchSize, length, width]));
  }
}

class LanguageModel {
  readonly tokens: Embedding;
  readonly positions: Embedding;
  readonly blocks: readonly Block[];
  readonly norm: LayerNorm;
  readonly output: Linear;

  constructor(key: Tensor, feedFrom: (key: Tensor) => Mixer) {
    const [tokens, positions, output, ...blocks] = splitKey(key, 3 + layers);
    const initializer = scaledNormal(0.02);
    this.tokens = new Embedding(tokens!, vocabulary, width, { initializer });
    this.positions = new Embedding(positions!, length, width, { initializer });
    this.blocks = blocks.map((each) => new Block(each, feedFrom));
    this.norm = new LayerNorm(width);
    this.output = new Linear(output!, width, vocabulary, { bias: false });
  }

  call(tokens: Tensor): Tensor {
    const embedded = this.tokens.call(tokens).add(this.positions.call(iota(length)));
    const mixed = this.blocks.reduce((x, block) => block.call(x), embedded);
    return this.output.call(this.norm.call(mixed));
  }
}

const languageModel = (name: string, title: string, feedFrom: (key: Tensor) => Mixer): Workload =>
  workload({
    name,
    title,
    seed: 0,
    model: (key) => new LanguageModel(key, feedFrom),
    buffers: () => ({}),
    batch(key) {
      const [tokens, labels] = splitKey(key);
      const shape = [batchSize, length];
      return { tokens: integers(tokens, shape, vocabulary), labels: integers(labels, shape, vocabulary) };
    },
    loss: (model, buffers, { tokens, labels }) => [crossEntropy(model.call(tokens), labels), buffers],
    optimizer: adamW({ learningRate: 1e-3 }),
  });

export const transformer = languageModel(
  'transformer',
  'Language model, width 128, 4 heads, 2 layers, 64 tokens of 256, batch 32, AdamW',
  (key) => new FeedForward(key),
);

export const experts = languageModel(
  'experts',
  'The same with 4 experts of width 256 a layer, 2 chosen a token, AdamW',
  (key) => new Experts(key),
);
