import { formatShape, ShapeError, sizeOf } from '@evenkeel/tensor';
import { type Columns, columns, takeRows } from '../dataset.js';
import { type RandomSource, randomSource } from '../random.js';
import { float32, normals, valuesOf, wholeNumbers } from './arrays.js';
import type { LabelledImages } from './batches.js';
import { requireNotNegative, requireWhole } from './options.js';
import { requireImages } from './poolImages.js';

export interface ShiftedDomainsOptions {
  readonly seed: number;
  /** 5 unless said. */
  readonly domains?: number;
  /** The logarithm of a domain's gain is uniform between plus and minus this; 1 unless said. */
  readonly logGain?: number;
  /** Standard deviation of a domain's pattern at each pixel; 0.3 unless said. */
  readonly pattern?: number;
}

/** How the pictures of a domain look: x ↦ gain · x + pattern. */
interface Appearance {
  readonly gain: number;
  readonly pattern: Float64Array;
}

/** The number of pixels of every picture; refuses sets whose pictures differ in shape. */
function pixelsOf(sets: readonly [part: string, dataset: Columns<LabelledImages>][]): number {
  const shapes = sets.map(([part, { columns }]) => ({
    part,
    shape: requireImages(`shiftedDomains: ${part}`, columns.images).slice(1),
  }));
  const [first] = shapes;
  if (!first) throw new RangeError('shiftedDomains: expected at least one part');
  const other = shapes.find(({ shape }) => shape.join() !== first.shape.join());
  if (other) {
    const each = [first, other].map(({ part, shape }) => `${part} ${formatShape(shape)}`);
    throw new ShapeError(`shiftedDomains: pictures of different shapes: ${each.join(', ')}`);
  }
  return sizeOf(first.shape);
}

function inDomain(dataset: Columns<LabelledImages>, samples: Int32Array, { gain, pattern }: Appearance) {
  const { images, labels } = dataset.columns;
  const chosen = takeRows(images, samples);
  const pixels = valuesOf(chosen).map((x, i) => gain * x + pattern[i % pattern.length]!);
  return columns({ images: float32(pixels, chosen.shape), labels: takeRows(labels, samples) });
}

function assign(random: RandomSource, count: number, domains: number): Int32Array[] {
  const assigned = wholeNumbers(random, domains, count);
  return Array.from({ length: domains }, (_, domain) =>
    Int32Array.from(assigned.keys()).filter((sample) => assigned[sample] === domain),
  );
}

/**
 * One domain after another, all with the same classes but of another look each, for learning continually
 * (arXiv 2310.08855): domain d shows x as exp(U(-logGain, logGain)) · x + pattern_d, with pattern_d normal at each
 * pixel. Gain and pattern belong to the domain; each picture goes to one domain at random.
 * @param parts sets of pictures of one size, such as `{ train, test }`, which share the domains' looks
 * @returns for each domain its share of every part
 * @throws RangeError for a number of domains that is not whole and positive and for negative spreads;
 *   ShapeError unless all parts hold pictures of one shape
 */
export function shiftedDomains<Part extends string>(
  parts: Readonly<Record<Part, Columns<LabelledImages>>>,
  { seed, domains = 5, logGain = 1, pattern = 0.3 }: ShiftedDomainsOptions,
): Record<Part, Columns<LabelledImages>>[] {
  requireWhole('shiftedDomains', { domains });
  requireNotNegative('shiftedDomains', { logGain, pattern });
  const random = randomSource(seed);
  const sets = Object.entries<Columns<LabelledImages>>(parts);
  const pixels = pixelsOf(sets);
  const looks = Array.from({ length: domains }, (_, domain): Appearance => {
    const own = random.fork('domain').fork(domain);
    return {
      gain: Math.exp((2 * own.uniform() - 1) * logGain),
      pattern: normals(own, pixels).map((x) => pattern * x),
    };
  });
  const shares = sets.map(([part, dataset]) => ({
    part,
    dataset,
    samples: assign(random.fork(part), dataset.length, domains),
  }));
  return looks.map(
    (look, domain) =>
      Object.fromEntries(
        shares.map(({ part, dataset, samples }) => [part, inDomain(dataset, samples[domain]!, look)]),
      ) as Record<Part, Columns<LabelledImages>>,
  );
}
