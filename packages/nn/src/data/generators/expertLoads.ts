import { type Columns, columns, type HostArray } from '../dataset.js';
import { type RandomSource, randomSource } from '../random.js';
import { int32, normals } from './arrays.js';
import { indexSampler } from './indexSampler.js';
import { requireNotNegative, requireShares, requireWhole } from './options.js';

export interface ExpertLoadsOptions {
  readonly seed: number;
  /** 105 unless said. */
  readonly iterations?: number;
  /** 4 unless said. */
  readonly layers?: number;
  /** 16 unless said. */
  readonly devices?: number;
  /** 32 unless said. */
  readonly experts?: number;
  /** Of each device, layer and iteration; 1024 unless said. */
  readonly tokens?: number;
  /** Standard deviation of the first scores; 1.3 unless said. */
  readonly spread?: number;
  /** Share of a score that stays, from one iteration to the next; 0.998 unless said. */
  readonly persistence?: number;
  /** Standard deviation of what is added to it; 0.08 unless said. */
  readonly drift?: number;
}

/** Counts of `tokens` draws with these probabilities. */
function multinomial(random: RandomSource, probabilities: Float64Array, tokens: number): Int32Array {
  const counts = new Int32Array(probabilities.length);
  const draw = indexSampler(probabilities);
  for (let token = 0; token < tokens; token++) counts[draw(random)]! += 1;
  return counts;
}

function softmax(scores: Float64Array): Float64Array {
  const top = scores.reduce((most, score) => Math.max(most, score), -Infinity);
  const exponentials = scores.map((score) => Math.exp(score - top));
  const sum = exponentials.reduce((total, each) => total + each, 0);
  return exponentials.map((each) => each / sum);
}

/**
 * How many tokens go to each expert of a mixture while its router slowly changes (arXiv 2502.02581). Scores start as
 * z = spread · n for every layer and expert, and go on as z ← persistence · z + drift · n; each device's tokens are one
 * multinomial draw with probabilities softmax(z). Loads `[iterations, layers, devices, experts]`, int32; the sum over
 * experts is `tokens`.
 * @throws RangeError for counts that are not whole and positive, a persistence outside [0, 1], and negative deviations
 */
export function expertLoads({
  seed,
  iterations = 105,
  layers = 4,
  devices = 16,
  experts = 32,
  tokens = 1024,
  spread = 1.3,
  persistence = 0.998,
  drift = 0.08,
}: ExpertLoadsOptions): Columns<{ readonly loads: HostArray }> {
  requireWhole('expertLoads', { iterations, layers, devices, experts, tokens });
  requireShares('expertLoads', { persistence });
  requireNotNegative('expertLoads', { spread, drift });
  const random = randomSource(seed);
  const loads = new Int32Array(iterations * layers * devices * experts);
  for (let layer = 0; layer < layers; layer++) {
    const walk = random.fork('scores').fork(layer);
    const draws = random.fork('tokens').fork(layer);
    let scores = normals(walk, experts).map((normal) => spread * normal);
    for (let iteration = 0; iteration < iterations; iteration++) {
      const probabilities = softmax(scores);
      for (let device = 0; device < devices; device++) {
        const at = ((iteration * layers + layer) * devices + device) * experts;
        loads.set(multinomial(draws, probabilities, tokens), at);
      }
      scores = scores.map((score) => persistence * score + drift * walk.normal());
    }
  }
  return columns({ loads: int32(loads, [iterations, layers, devices, experts]) });
}
