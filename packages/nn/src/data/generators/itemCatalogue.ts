import { type Columns, columns, type HostArray } from '../dataset.js';
import { randomSource } from '../random.js';
import { float32, float64, int32, normals, wholeNumbers } from './arrays.js';
import { indexSampler } from './indexSampler.js';
import { requireNotNegative, requireShares, requireWhole } from './options.js';

export interface ItemCatalogueOptions {
  readonly seed: number;
  /** 1000 unless said. */
  readonly items?: number;
  /** 40 unless said. */
  readonly topics?: number;
  /** Values that a feature has for each topic; 8 unless said. */
  readonly variants?: number;
  /** Groups of features that nearly agree; 2 unless said. */
  readonly groups?: number;
  /** Features in each group; 3 unless said. */
  readonly groupSize?: number;
  /** Probability that a feature is replaced by a value drawn from all; 0.1 unless said. */
  readonly replaced?: number;
  /** The item of rank r is asked for in proportion to r ** -exponent; 1.2 unless said. */
  readonly exponent?: number;
  /** Numbers of a query; 16 unless said. */
  readonly queryWidth?: number;
  /** Standard deviation of a query around its topic, before the tanh; 0.5 unless said. */
  readonly queryNoise?: number;
  /** Logged pairs of a query and an item, by popularity; 4000 unless said. */
  readonly pairs?: number;
  /** Queries to test on, for items that are all equally likely; 3000 unless said. */
  readonly test?: number;
}

/** What is known of the items. */
export type Items = {
  /** `[items, features]`, int32: from 0 to topics · variants - 1. */
  readonly features: HostArray;
  /** `[items]`, int32. */
  readonly topics: HostArray;
  /** `[items]`, float64: probabilities, with sum 1. */
  readonly popularities: HostArray;
  /** `[items]`, int32: how many logged pairs name the item; 0 means that it was never seen. */
  readonly seen: HostArray;
};

/** Who asked for what. */
export type QueryPairs = {
  /** `[n, queryWidth]`, float32, from -1 to 1. */
  readonly queries: HostArray;
  /** `[n]`, int32. */
  readonly items: HostArray;
};

export interface ItemCatalogue {
  readonly items: Columns<Items>;
  readonly log: Columns<QueryPairs>;
  readonly test: Columns<QueryPairs>;
}

/**
 * Items with features, and a log of queries that follows a power law (arXiv 2007.12865). An item has a topic z and a
 * sub-id s_g for each group; the features of group g are variants · z + s_g, each replaced by any value with
 * probability `replaced`, so that features of a group are nearly copies. Popularity ∝ rank^-exponent, ranks in random
 * order. A query for an item is tanh(e_z + queryNoise · n), with e `[topics, queryWidth]` standard normal.
 * @throws RangeError for counts that are not whole and positive, a probability outside [0, 1], and a negative exponent
 *   or noise
 */
export function itemCatalogue({
  seed,
  items = 1000,
  topics = 40,
  variants = 8,
  groups = 2,
  groupSize = 3,
  replaced = 0.1,
  exponent = 1.2,
  queryWidth = 16,
  queryNoise = 0.5,
  pairs = 4000,
  test = 3000,
}: ItemCatalogueOptions): ItemCatalogue {
  requireWhole('itemCatalogue', { items, topics, variants, groups, groupSize, queryWidth, pairs, test });
  requireShares('itemCatalogue', { replaced });
  requireNotNegative('itemCatalogue', { exponent, queryNoise });
  const random = randomSource(seed);
  const topicOf = wholeNumbers(random.fork('topics'), topics, items);
  const embeddings = normals(random.fork('embeddings'), topics, queryWidth);
  const values = Array.from(topicOf, (topic, item) => {
    const own = random.fork('features').fork(item);
    return Array.from(wholeNumbers(own, variants, groups)).flatMap((variant) =>
      Array.from({ length: groupSize }, () =>
        own.uniform() < replaced ? own.integer(topics * variants) : variants * topic + variant,
      ),
    );
  });
  const weights = Float64Array.from(
    random.fork('ranks').permutation(items),
    (rank) => (rank + 1) ** -exponent,
  );
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const asked = (part: string, wanted: Int32Array) => {
    const own = random.fork(part).fork('queries');
    const queries = Array.from(wanted).flatMap((item) =>
      Array.from({ length: queryWidth }, (_, i) =>
        Math.tanh(embeddings[topicOf[item]! * queryWidth + i]! + queryNoise * own.normal()),
      ),
    );
    return columns({
      queries: float32(queries, [wanted.length, queryWidth]),
      items: int32(wanted, [wanted.length]),
    });
  };
  const [logRandom, drawItem] = [random.fork('log'), indexSampler(weights)];
  const logged = Int32Array.from({ length: pairs }, () => drawItem(logRandom));
  const seen = new Int32Array(items);
  for (const item of logged) seen[item]! += 1;
  return {
    items: columns({
      features: int32(values.flat(), [items, groups * groupSize]),
      topics: int32(topicOf, [items]),
      popularities: float64(
        weights.map((weight) => weight / total),
        [items],
      ),
      seen: int32(seen, [items]),
    }),
    log: asked('log', logged),
    test: asked('test', wholeNumbers(random.fork('test'), items, test)),
  };
}
