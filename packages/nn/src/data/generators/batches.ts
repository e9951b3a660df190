import type { Columns, HostArray, HostBatch } from '../dataset.js';

/** Samples of vectors with a class each. */
export type LabelledVectors = {
  /** `[n, features]`. */
  readonly inputs: HostArray;
  /** `[n]`, int32: the class. */
  readonly labels: HostArray;
};

/** Pictures with a class each. */
export type LabelledImages = {
  /** `[n, channels, height, width]`. */
  readonly images: HostArray;
  /** `[n]`, int32: the class. */
  readonly labels: HostArray;
};

/** Samples to train on and others, of the same kind, to test on. */
export interface TrainTest<Batch extends HostBatch> {
  readonly train: Columns<Batch>;
  readonly test: Columns<Batch>;
}
