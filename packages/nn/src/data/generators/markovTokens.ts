import { randomSource } from '../random.js';
import { normals, row } from './arrays.js';
import { indexSampler } from './indexSampler.js';
import { requireNotNegative, requireWhole } from './options.js';

export interface MarkovTokensOptions {
  readonly seed: number;
  /** Seed of the language, which stays the same for other texts; 0 unless said. */
  readonly world?: number;
  /** Different tokens; 32 unless said. */
  readonly symbols?: number;
  /** Tokens on which the next one depends, 1 or 2; 2 unless said. */
  readonly order?: number;
  /** Standard deviation of the logarithms of the probabilities: how predictable it is. 2.5 unless said. */
  readonly contrast?: number;
  /** Tokens of the text; 100000 unless said. */
  readonly length?: number;
}

export interface MarkovTokens {
  /** `length` tokens from 0 to symbols - 1. */
  readonly tokens: Int32Array;
  /** Mean of -log P(token | the tokens before) over the text, in nats: what no model can beat but by chance. */
  readonly entropy: number;
}

/**
 * A text of a made-up language whose best possible loss is known: a Markov chain with
 * P(next | last tokens) = softmax(contrast · n), n standard normal for every context and token. It stands in for a text
 * where none is at hand.
 * @throws RangeError for counts that are not whole and positive, more than 256 symbols, an order other than 1 and 2, and
 *   a negative contrast
 */
export function markovTokens({
  seed,
  world = 0,
  symbols = 32,
  order = 2,
  contrast = 2.5,
  length = 100_000,
}: MarkovTokensOptions): MarkovTokens {
  requireWhole('markovTokens', { symbols, length });
  requireNotNegative('markovTokens', { contrast });
  if (symbols > 256) throw new RangeError(`markovTokens: symbols: got ${symbols}, expected at most 256`);
  if (order !== 1 && order !== 2) throw new RangeError(`markovTokens: order: got ${order}, expected 1 or 2`);
  const contexts = symbols ** order;
  const weights = normals(randomSource(world), contexts, symbols).map((n) => Math.exp(contrast * n));
  const language = Array.from({ length: contexts }, (_, context) => {
    const own = row(weights, symbols, context);
    return { draw: indexSampler(own), weights: own, total: own.reduce((sum, weight) => sum + weight, 0) };
  });
  const random = randomSource(seed);
  let context = random.integer(contexts);
  let information = 0;
  const tokens = Int32Array.from({ length }, () => {
    const { draw, weights, total } = language[context]!;
    const token = draw(random);
    information -= Math.log(weights[token]! / total);
    context = (context * symbols + token) % contexts;
    return token;
  });
  return { tokens, entropy: information / length };
}
