import { compile, type Tensor } from '@evenkeel/tensor';
import { type Batches, onePass } from './batches.js';
import { numbers, samplesIn, WeighedMeans } from './weighing.js';

/** Measures a model: means over all samples, by name. */
export interface Evaluator<Model> {
  (model: Model): Promise<Record<string, number>>;
  /** Frees what ONNX Runtime holds. The next call traces again. */
  release(): Promise<void>;
}

/**
 * A function that measures models on the same batches each time. The metrics are compiled once for each shape of batch, and
 * averaged with each batch counting as often as it has samples: as the sum of its `mask` says if it has one, else as its
 * first axis is long.
 * @param metrics scalars by name, means over the batch's samples
 * @param batches the first epoch of a source such as a `loader`, or all of an array
 * @throws RangeError, when called, for no samples and for a source that does not say how many batches an epoch has
 */
export function evaluator<Model, Batch>(
  metrics: (model: Model, batch: Batch) => Readonly<Record<string, Tensor>>,
  batches: Batches<Batch>,
): Evaluator<Model> {
  const compiled = compile(metrics);
  const measure = async (model: Model): Promise<Record<string, number>> => {
    const means = new WeighedMeans();
    for await (const batch of onePass('evaluator', batches)) {
      means.add(await samplesIn(batch), await numbers(await compiled(model, batch)));
    }
    if (means.samples === 0) {
      throw new RangeError(
        'evaluator: the batches have no samples; what can be gone through once is empty then',
      );
    }
    return means.means();
  };
  return Object.assign(measure, { release: () => compiled.release() });
}
