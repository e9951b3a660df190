import { type Columns, columns, type HostArray } from '../dataset.js';
import { randomSource } from '../random.js';
import { float32, int32, normals, product, row } from './arrays.js';
import { requireNotNegative, requireWhole } from './options.js';

export interface DomainTokensOptions {
  readonly seed: number;
  /** Seed of the domains' functions, which stay the same for other samples; 5 unless said. */
  readonly world?: number;
  /** 4 unless said. */
  readonly domains?: number;
  /** Numbers that a domain's function takes; 8 unless said. */
  readonly features?: number;
  /** Hidden units of a domain's function; 6 unless said. */
  readonly hidden?: number;
  /** Standard deviation of the noise on each number that tells the domain; 0.3 unless said. */
  readonly domainNoise?: number;
  /** Global batches; 1000 unless said. */
  readonly batches?: number;
  /** Micro-batches of each; micro-batch g holds domain g mod domains. 8 unless said. */
  readonly microBatches?: number;
  /** Tokens of a micro-batch; 32 unless said. */
  readonly tokens?: number;
}

/** Global batches of tokens that are sorted by domain. */
export type DomainTokens = {
  /** `[batches, microBatches, tokens, features + domains]`, float32: the features, then the noisy one-hot domain. */
  readonly inputs: HostArray;
  /** `[batches, microBatches, tokens]`, float32. */
  readonly targets: HostArray;
  /** `[batches, microBatches]`, int32. */
  readonly domains: HostArray;
};

/**
 * Tokens of several domains, each with a function of its own to learn (arXiv 2501.11873): x standard normal,
 * y = Σ_h c_dh tanh((x W_d)_h), with W `[domains, features, hidden]` normal of deviation 1.5 / √features and c
 * `[domains, hidden]` standard normal. A token is x followed by its domain's one-hot vector plus domainNoise · n. Every
 * micro-batch is of one domain.
 * @throws RangeError for counts that are not whole and positive and a negative noise
 */
export function domainTokens({
  seed,
  world = 5,
  domains = 4,
  features = 8,
  hidden = 6,
  domainNoise = 0.3,
  batches = 1000,
  microBatches = 8,
  tokens = 32,
}: DomainTokensOptions): Columns<DomainTokens> {
  requireWhole('domainTokens', { domains, features, hidden, batches, microBatches, tokens });
  requireNotNegative('domainTokens', { domainNoise });
  const functions = Array.from({ length: domains }, (_, domain) => {
    const own = randomSource(world).fork(domain);
    return {
      weights: normals(own, features, hidden).map((x) => (1.5 * x) / Math.sqrt(features)),
      outputs: normals(own, hidden),
    };
  });
  const random = randomSource(seed);
  const count = batches * microBatches;
  const width = features + domains;
  const inputs = new Float32Array(count * tokens * width);
  const targets = new Float32Array(count * tokens);
  const domainOf = Int32Array.from({ length: count }, (_, i) => (i % microBatches) % domains);
  for (let micro = 0; micro < count; micro++) {
    const { weights, outputs } = functions[domainOf[micro]!]!;
    const x = normals(random, tokens, features);
    targets.set(product(product(x, weights, hidden).map(Math.tanh), outputs, 1), micro * tokens);
    for (let token = 0; token < tokens; token++) {
      const at = (micro * tokens + token) * width;
      inputs.set(row(x, features, token), at);
      for (let domain = 0; domain < domains; domain++) {
        inputs[at + features + domain] = Number(domain === domainOf[micro]) + domainNoise * random.normal();
      }
    }
  }
  return columns({
    inputs: float32(inputs, [batches, microBatches, tokens, width]),
    targets: float32(targets, [batches, microBatches, tokens]),
    domains: int32(domainOf, [batches, microBatches]),
  });
}
