import {
  cast,
  formatShape,
  greaterEqual,
  less,
  ShapeError,
  type Tensor,
  where,
  zeros,
  zerosLike,
} from '@evenkeel/tensor';
import { known, requireCounts, requireWhole } from '../checks.js';

/**
 * Counts of the micro-steps of one optimizer step so far (arXiv 2501.11873, algorithm 1), for training that accumulates
 * gradients. It is state: keep it in the model and return it from the loss. After the optimizer step it has to be emptied:
 * by `reset`, or by `resetWhenFull` in every micro-step, inside a graph.
 */
export class FrequencyBuffer {
  /** Choices that fell on each expert: float32 `[experts]`. */
  readonly counts: Tensor;
  /** Micro-steps that are in it: float32 scalar. */
  readonly filled: Tensor;
  /** Micro-steps of an optimizer step. */
  readonly steps: number;

  /** @throws RangeError unless there are experts and micro-steps */
  constructor(experts: number, steps: number) {
    requireWhole('FrequencyBuffer', 'experts', experts, [1, Number.POSITIVE_INFINITY]);
    requireWhole('FrequencyBuffer', 'steps', steps, [1, Number.POSITIVE_INFINITY]);
    this.counts = zeros([experts]);
    this.filled = zeros([]);
    this.steps = steps;
  }

  /**
   * The buffer with the counts of one more micro-step. In a full one they become NaN where its state is only known in the
   * graph, so that training stops.
   * @param counts `[experts]`, over all devices
   * @throws ShapeError for other counts; RangeError for counts that make no sense and for a full buffer, where its state is
   *   known
   */
  add(counts: Tensor): FrequencyBuffer {
    const name = 'FrequencyBuffer';
    if (counts.rank !== 1) {
      throw new ShapeError(
        `${name}: expected counts [${this.counts.size}], got ${formatShape(counts.shape)}`,
      );
    }
    const given = cast(requireCounts(name, counts, this.counts.size), 'float32');
    const [filled] = known(this.filled);
    if (filled !== undefined && filled >= this.steps) {
      throw new RangeError(`${name}: has all ${this.steps} micro-steps; reset it after the optimizer step`);
    }
    const total = where(less(this.filled, this.steps), this.counts.add(given), Number.NaN);
    return changed(this, total, this.filled.add(1));
  }

  /** Empty, for the next optimizer step. */
  reset(): FrequencyBuffer {
    return changed(this, zerosLike(this.counts), zerosLike(this.filled));
  }

  /** Empty if it holds all micro-steps, else as it is: decided in the graph. */
  resetWhenFull(): FrequencyBuffer {
    const full = greaterEqual(this.filled, this.steps);
    return changed(this, where(full, 0, this.counts), where(full, 0, this.filled));
  }
}

const changed = (buffer: FrequencyBuffer, counts: Tensor, filled: Tensor): FrequencyBuffer =>
  Object.assign(Object.create(FrequencyBuffer.prototype), buffer, { counts, filled });
