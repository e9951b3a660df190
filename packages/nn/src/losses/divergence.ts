import { exp, formatShape, logSoftmax, ShapeError, type Tensor } from '@evenkeel/tensor';
import { crossEntropy } from './crossEntropy.js';
import { requireSame } from './pairs.js';
import { type Reduction, reduceLosses } from './reduction.js';

/**
 * Σ p (log p - log q) over the last axis, of p = softmax(targets) and q = softmax(logits): both logits `[…, classes]`.
 * Finite for logits of any finite size.
 * @param options `reduction`: the mean over samples unless said
 * @throws ShapeError, DTypeError unless both are of one shape, with an axis, and of one float dtype
 */
export function klDivergence(
  logits: Tensor,
  targets: Tensor,
  { reduction = 'mean' }: { readonly reduction?: Reduction } = {},
): Tensor {
  requireSame('klDivergence', 'logits', logits, 'targets', targets);
  if (logits.rank === 0) {
    throw new ShapeError(
      `klDivergence: expected logits of shape [..., classes], got ${formatShape(logits.shape)}`,
    );
  }
  const target = logSoftmax(targets);
  const losses = exp(target)
    .mul(target.sub(logSoftmax(logits)))
    .sum({ axis: -1 });
  return reduceLosses('klDivergence', losses, reduction);
}

/** How `distillation` mixes what the teacher and the labels say. */
export interface DistillationOptions {
  /** The mean over samples unless said. */
  readonly reduction?: Reduction;
  /** Both logits are divided by it for the teacher's part; positive, 2 unless said. */
  readonly temperature?: number;
  /** Share of the teacher's part, in [0, 1]; ½ unless said. */
  readonly mixture?: number;
}

/**
 * mixture · T² · KL(softmax(teacher / T) ‖ softmax(student / T)) + (1 - mixture) · crossEntropy(student, labels)
 * (arXiv 1503.02531): logits `[…, classes]`, labels `[…]`. The teacher gets a gradient too: stop it if it must not.
 * @throws as `klDivergence` and `crossEntropy`; RangeError for options outside their range
 */
export function distillation(
  student: Tensor,
  teacher: Tensor,
  labels: Tensor,
  { reduction = 'mean', temperature = 2, mixture = 0.5 }: DistillationOptions = {},
): Tensor {
  requireSame('distillation', 'student', student, 'teacher', teacher);
  requireTemperature('distillation', temperature);
  if (!(mixture >= 0 && mixture <= 1)) {
    throw new RangeError(`distillation: mixture must be in [0, 1], got ${mixture}`);
  }
  const soft = klDivergence(student.div(temperature), teacher.div(temperature), { reduction });
  const hard = crossEntropy(student, labels, { reduction });
  return soft.mul(mixture * temperature ** 2).add(hard.mul(1 - mixture));
}

/** @throws RangeError unless the temperature is positive and finite */
export function requireTemperature(name: string, temperature: number): void {
  if (!(temperature > 0 && temperature < Number.POSITIVE_INFINITY)) {
    throw new RangeError(`${name}: temperature must be positive and finite, got ${temperature}`);
  }
}
