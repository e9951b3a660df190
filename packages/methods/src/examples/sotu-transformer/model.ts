import { Embedding, LayerNorm, Linear, type RandomSource, TransformerBlock } from '@evenkeel/nn';
import { compile, iota, splitKey, type Tensor, tensor } from '@evenkeel/tensor';
import { characters } from './speeches.js';

/** Characters that the network looks back on. */
export const windowLength = 64;

const width = 96;
const heads = 4;
const blocks = 2;

/** A transformer over characters: `[batch, 64]`, int32 → logits of the next character at each place `[batch, 64, 96]`. */
export class CharacterTransformer {
  readonly characters: Embedding;
  readonly places: Embedding;
  readonly blocks: readonly TransformerBlock[];
  readonly norm: LayerNorm;
  readonly output: Linear;

  constructor(key: Tensor) {
    const [charactersKey, placesKey, outputKey, ...blockKeys] = splitKey(key, 3 + blocks);
    this.characters = new Embedding(charactersKey!, characters.size, width);
    this.places = new Embedding(placesKey!, windowLength, width);
    this.blocks = blockKeys.map((blockKey) => new TransformerBlock(blockKey, width, heads));
    this.norm = new LayerNorm(width);
    this.output = new Linear(outputKey!, width, characters.size);
  }

  call(tokens: Tensor): Tensor {
    const embedded = this.characters.call(tokens).add(this.places.call(iota(windowLength)));
    const seen = this.blocks.reduce((x, block) => block.call(x, { causal: true }), embedded);
    return this.output.call(this.norm.call(seen));
  }
}

const logitsOf = compile((model: CharacterTransformer, tokens: Tensor) => model.call(tokens));

/**
 * Goes on from a text, one character after the other, each drawn from softmax(logits / temperature).
 * @param prompt at least one character
 * @returns the prompt and `length` characters more
 */
export async function write(
  model: CharacterTransformer,
  prompt: string,
  { length, temperature, random }: { length: number; temperature: number; random: RandomSource },
): Promise<string> {
  const tokens = [...characters.encode(prompt)];
  for (let written = 0; written < length; written++) {
    const seen = tokens.slice(-windowLength);
    // What stands behind is not looked at.
    const padded = Int32Array.from({ length: windowLength }, (_, i) => seen[i] ?? 0);
    const logits = await (await logitsOf(model, tensor(padded, { shape: [1, windowLength] }))).data();
    const from = (seen.length - 1) * characters.size;
    tokens.push(draw(Array.from(logits.subarray(from, from + characters.size), Number), temperature, random));
  }
  return characters.decode(tokens);
}

/** A number drawn with probabilities in proportion to exp(logits / temperature). */
function draw(logits: readonly number[], temperature: number, random: RandomSource): number {
  const peak = Math.max(...logits);
  const weights = logits.map((logit) => Math.exp((logit - peak) / temperature));
  let left = random.uniform() * weights.reduce((total, each) => total + each, 0);
  const drawn = weights.findIndex((weight) => {
    left -= weight;
    return left < 0;
  });
  // Rounding may leave a trace of the whole at the end.
  return drawn < 0 ? logits.indexOf(peak) : drawn;
}
