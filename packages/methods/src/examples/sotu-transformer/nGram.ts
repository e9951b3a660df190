/** What followed what in a text: counts of all runs of `order` tokens, and of the runs that they begin with. */
export interface NGram {
  readonly order: number;
  /** Number of tokens that there are: ids are 0 … size - 1. */
  readonly size: number;
  readonly counts: ReadonlyMap<number, number>;
  readonly contexts: ReadonlyMap<number, number>;
}

/** Counts a text. @param order tokens in a run, at least 1: the last of them is predicted by the others */
export function countNGrams(tokens: ArrayLike<number>, size: number, order: number): NGram {
  if (!(Number.isInteger(order) && order >= 1 && size ** order <= Number.MAX_SAFE_INTEGER))
    throw new RangeError(`countNGrams: order ${order} of ${size} tokens, expected runs that can be numbered`);
  const counts = new Map<number, number>();
  const contexts = new Map<number, number>();
  for (let end = order - 1; end < tokens.length; end++) {
    const context = contextAt(tokens, end, { size, order });
    const run = context * size + tokens[end]!;
    counts.set(run, (counts.get(run) ?? 0) + 1);
    contexts.set(context, (contexts.get(context) ?? 0) + 1);
  }
  return { order, size, counts, contexts };
}

/** The number of the `order - 1` tokens before a place. */
function contextAt(
  tokens: ArrayLike<number>,
  place: number,
  { size, order }: Pick<NGram, 'size' | 'order'>,
): number {
  let context = 0;
  for (let i = place - order + 1; i < place; i++) context = context * size + tokens[i]!;
  return context;
}

/**
 * Mean of -log P over some places of a text, in nats, with P(token | context) = (count + k) / (count of context + k · size).
 * @param k what is added to every count, above 0
 * @param places at least `order - 1` each
 */
export function nGramLoss(
  model: NGram,
  k: number,
  tokens: ArrayLike<number>,
  places: ArrayLike<number>,
): number {
  const { size, counts, contexts } = model;
  let total = 0;
  for (let i = 0; i < places.length; i++) {
    const context = contextAt(tokens, places[i]!, model);
    const run = context * size + tokens[places[i]!]!;
    total -= Math.log(((counts.get(run) ?? 0) + k) / ((contexts.get(context) ?? 0) + k * size));
  }
  return total / places.length;
}
