import { columns } from '../dataset.js';
import { randomSource } from '../random.js';
import { float32, int32, normals } from './arrays.js';
import type { LabelledImages, TrainTest } from './batches.js';
import { requireFinite, requireWhole } from './options.js';

export interface LandCoverOptions {
  readonly seed: number;
  /** Side of the pictures in pixels, at least 2; 16 unless said. */
  readonly size?: number;
  /** By how much the two lines are raised, in standard deviations of the noise; 0.6 unless said. */
  readonly lines?: number;
  /** By how much the two channels are raised or lowered; 0.1 unless said. */
  readonly tint?: number;
  /** Pictures to train on; 4000 unless said. */
  readonly train?: number;
  /** Pictures to test on; 1000 unless said. */
  readonly test?: number;
}

/**
 * Pictures whose class takes both shape and colour to see, as land cover does (arXiv 2510.15527): three channels of
 * standard normal noise; two rows (orientation 0) or two columns (1), different and random, are raised by `lines` in
 * all channels; channels 0 and 1 are each raised or lowered by `tint` as a whole. The class is
 * 2 · orientation + [the two signs differ]. Images `[n, 3, size, size]`, float32; labels `[n]`, int32, 0 to 3.
 * @throws RangeError for counts that are not whole and positive, a size below 2, and heights that are not finite
 */
export function landCover({
  seed,
  size = 16,
  lines = 0.6,
  tint = 0.1,
  train = 4000,
  test = 1000,
}: LandCoverOptions): TrainTest<LabelledImages> {
  requireWhole('landCover', { train, test });
  requireWhole('landCover', { size }, 2);
  requireFinite('landCover', { lines, tint });
  const sample = (part: string, count: number) => {
    const random = randomSource(seed).fork(part);
    const labels = new Int32Array(count);
    const images = normals(random.fork('noise'), count, 3, size, size);
    for (let n = 0; n < count; n++) {
      const [orientation, first, second] = [random.integer(2), random.integer(2), random.integer(2)];
      const one = random.integer(size);
      const other = (one + 1 + random.integer(size - 1)) % size;
      labels[n] = 2 * orientation + Number(first !== second);
      const tints = [first, second].map((bit) => (bit ? tint : -tint));
      for (let i = 0; i < 3 * size ** 2; i++) {
        const line = orientation ? i % size : Math.floor(i / size) % size;
        const raised = line === one || line === other ? lines : 0;
        images[n * 3 * size ** 2 + i]! += raised + (tints[Math.floor(i / size ** 2)] ?? 0);
      }
    }
    return columns({ images: float32(images, [count, 3, size, size]), labels: int32(labels, [count]) });
  };
  return { train: sample('train', train), test: sample('test', test) };
}
