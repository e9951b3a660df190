import { type Columns, columns, type HostArray } from '../dataset.js';
import { randomSource } from '../random.js';
import { float32, int32, normals, wholeNumbers } from './arrays.js';
import { requireNotNegative, requireWhole } from './options.js';

export interface GroupMeansOptions {
  readonly seed: number;
  /** Seed of the prototypes, which stay the same for other samples; 0 unless said. */
  readonly world?: number;
  /** 6 unless said. */
  readonly groups?: number;
  /** Numbers of a prototype; 6 unless said. */
  readonly width?: number;
  /** Tokens of a sample; 32 unless said. */
  readonly tokens?: number;
  /** Standard deviation of a token around its prototype; 0.3 unless said. */
  readonly noise?: number;
  /** 1000 unless said. */
  readonly samples?: number;
}

/** Sets of tokens. */
export type GroupMeans = {
  /** `[n, tokens, width + 1]`, float32: the noisy prototype, then the token's value. */
  readonly inputs: HostArray;
  /** `[n, tokens]`, float32: the mean value of the token's group in its sample. */
  readonly targets: HostArray;
  /** `[n, tokens]`, int32: the group. */
  readonly groups: HostArray;
};

/**
 * Tokens that must find the others of their group (arXiv 2505.15325): token t draws a group z_t evenly and a value
 * v_t standard normal; its input is (P_z + noise · n, v_t), its target the average v
 * in its group, within the sample. P `[groups, width]` is standard normal.
 * @throws RangeError for counts that are not whole and positive and a negative noise
 */
export function groupMeans({
  seed,
  world = 0,
  groups = 6,
  width = 6,
  tokens = 32,
  noise = 0.3,
  samples = 1000,
}: GroupMeansOptions): Columns<GroupMeans> {
  requireWhole('groupMeans', { groups, width, tokens, samples });
  requireNotNegative('groupMeans', { noise });
  const prototypes = normals(randomSource(world), groups, width);
  const random = randomSource(seed);
  const count = samples * tokens;
  const inputs = new Float32Array(count * (width + 1));
  const targets = new Float32Array(count);
  const groupOf = wholeNumbers(random.fork('groups'), groups, count);
  for (let first = 0; first < count; first += tokens) {
    const values = normals(random, tokens);
    const sums = new Float64Array(groups);
    const sizes = new Int32Array(groups);
    for (let t = 0; t < tokens; t++) {
      const group = groupOf[first + t]!;
      sums[group]! += values[t]!;
      sizes[group]! += 1;
      const at = (first + t) * (width + 1);
      for (let i = 0; i < width; i++) {
        inputs[at + i] = prototypes[group * width + i]! + noise * random.normal();
      }
      inputs[at + width] = values[t]!;
    }
    for (let t = first; t < first + tokens; t++) targets[t] = sums[groupOf[t]!]! / sizes[groupOf[t]!]!;
  }
  return columns({
    inputs: float32(inputs, [samples, tokens, width + 1]),
    targets: float32(targets, [samples, tokens]),
    groups: int32(groupOf, [samples, tokens]),
  });
}
