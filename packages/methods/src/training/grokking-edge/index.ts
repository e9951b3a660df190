import { type GradientTransform, type Reduction, reduceLosses, scoreOfLabel } from '@evenkeel/nn';
import {
  add,
  cast,
  div,
  evaluate,
  flatten,
  formatShape,
  greater,
  greaterEqual,
  leavesLike,
  log,
  maximum,
  minimum,
  mul,
  ShapeError,
  sameShape,
  sqrt,
  sub,
  sum,
  type Tensor,
  where,
  withLeaves,
} from '@evenkeel/tensor';

// Grokking at the Edge of Numerical Stability, arXiv 2501.04697.

/** s(x) = x + 1 for x ≥ 0 and 1 / (1 - x) for x < 0: grows like a line where exp explodes (eq. 6). */
function stableExponential(x: Tensor): Tensor {
  // The branch that is not taken must stay finite, or its derivative is NaN: hence the minimum.
  return where(greaterEqual(x, 0), x.add(1), div(1, sub(1, minimum(x, 0))));
}

/** StableMax(z)ᵢ = s(zᵢ) / Σⱼ s(zⱼ) over the last axis: logits `[…, classes]` → probabilities of the same shape (eq. 5). */
export function stablemax(logits: Tensor): Tensor {
  const scores = stableExponential(logits);
  return scores.div(scores.sum({ axis: -1, keepAxes: true }));
}

/** log StableMax(z), as log s(zᵢ) - log Σⱼ s(zⱼ). */
export function logStablemax(logits: Tensor): Tensor {
  const scores = stableExponential(logits);
  return log(scores).sub(log(scores.sum({ axis: -1, keepAxes: true })));
}

export interface StablemaxCrossEntropyOptions {
  /** The mean over samples unless said. */
  readonly reduction?: Reduction;
  /**
   * What the loss is computed in; the loss has this dtype. float64 unless said, as the paper's runs did. The values stay
   * within [1 / (1 + |z|), 1 + |z|], so that float32 is safe too.
   */
  readonly precision?: 'float32' | 'float64';
}

/**
 * Cross-entropy with StableMax in place of softmax: L = -log StableMax(z)_y. It never absorbs small terms, so its gradient
 * (p - 1[y]) / (1 + |z|) does not vanish once samples are classified well.
 * @param logits `[samples, classes]`, float32 or float64
 * @param labels `[samples]`, int32 or int64, in [0, classes)
 * @throws ShapeError unless logits have rank 2 and at least 2 classes, and labels match; DTypeError; RangeError for labels
 *   outside the classes, logits that are not finite (both where their values are known), unknown reduction or precision
 */
export function stablemaxCrossEntropy(
  logits: Tensor,
  labels: Tensor,
  { reduction = 'mean', precision = 'float64' }: StablemaxCrossEntropyOptions = {},
): Tensor {
  requireLogits('stablemaxCrossEntropy', logits);
  if (precision !== 'float32' && precision !== 'float64') {
    throw new RangeError(`stablemaxCrossEntropy: precision must be float32 or float64, got ${precision}`);
  }
  const logProbabilities = logStablemax(cast(logits, precision));
  return reduceLosses(
    'stablemaxCrossEntropy',
    scoreOfLabel('stablemaxCrossEntropy', logProbabilities, labels).neg(),
    reduction,
  );
}

function requireLogits(name: string, logits: Tensor): void {
  if (logits.rank !== 2 || logits.length(1) < 2) {
    throw new ShapeError(
      `${name}: expected logits [samples, classes] of at least 2 classes, got ${formatShape(logits.shape)}`,
    );
  }
  const wrong =
    logits.value && Array.from(logits.value.data, Number).find((logit) => !Number.isFinite(logit));
  if (wrong !== undefined) throw new RangeError(`${name}: logits must be finite, got ${wrong}`);
}

export interface PerpGradOptions {
  /** `tensor` projects each parameter by itself, as the official code does; `global` all of them as one vector, as eq. 12. */
  readonly scope?: 'tensor' | 'global';
  /** Gives the projected gradient the norm of the gradient, as the official code does; true unless said. Eq. 12 does not. */
  readonly rescale?: boolean;
  /** Added to θᵀθ and to the norm that is divided by; 1e-30 unless said. An all-zero parameter keeps its gradient. */
  readonly epsilon?: number;
  /** Paths of parameters (such as `hidden.bias`) whose gradients pass unchanged. */
  readonly exclude?: (path: string) => boolean;
}

/**
 * ⊥Grad: takes from the gradient g its component along the weights θ, g⊥ = g - (θᵀg / θᵀθ) θ (eq. 12), and passes g⊥ to
 * the next transform. Along θ a network that fits its data only scales its logits up, which lowers the loss and learns
 * nothing. Put it first: `chain(perpGrad(), adamW({ … }))`. A gradient along the weights becomes 0, and so does that of any
 * parameter that is a single number, unless it is excluded or the scope is `global`.
 * @throws RangeError for an unknown scope or epsilon ≤ 0; ShapeError when a gradient and its weight differ in shape
 */
export function perpGrad(options: PerpGradOptions = {}): GradientTransform<readonly []> {
  const { scope = 'tensor', rescale = true, epsilon = 1e-30, exclude = () => false } = options;
  if (scope !== 'tensor' && scope !== 'global') {
    throw new RangeError(`perpGrad: scope must be tensor or global, got ${scope}`);
  }
  if (!(epsilon > 0)) throw new RangeError(`perpGrad: epsilon must be above 0, got ${epsilon}`);
  return {
    init: () => [],
    update(gradients, state, params) {
      const { leaves: weights, paths } = flatten(params);
      const given = leavesLike(params, gradients);
      const projected = [...given];
      const included = paths.flatMap((path, i) => {
        requireSameShape('perpGrad', weights[i] as Tensor, given[i] as Tensor, path);
        return exclude(path) ? [] : [i];
      });
      const groups = scope === 'tensor' ? included.map((i) => [i]) : included.length > 0 ? [included] : [];
      for (const group of groups) {
        const pick = (tensors: readonly Tensor[]) => group.map((i) => tensors[i] as Tensor);
        const results = perpendicular(pick(given), pick(weights), { rescale, epsilon });
        group.forEach((i, position) => {
          projected[i] = results[position] as Tensor;
        });
      }
      return [withLeaves(params, projected), state];
    },
  };
}

/** Dot product of two lists of tensors, each taken as one long vector. */
const dot = (a: readonly Tensor[], b: readonly Tensor[]): Tensor =>
  a.map((tensor, i) => sum(mul(tensor, b[i] as Tensor))).reduce(add);

/** The gradients less their component along the weights, both taken as one vector (eq. 12). */
function perpendicular(
  gradients: readonly Tensor[],
  weights: readonly Tensor[],
  { rescale, epsilon }: { rescale: boolean; epsilon: number },
): readonly Tensor[] {
  const along = dot(weights, gradients).div(dot(weights, weights).add(epsilon));
  const remainders = gradients.map((gradient, i) => gradient.sub(mul(weights[i] as Tensor, along)));
  if (!rescale) return remainders;
  const norm = (tensors: readonly Tensor[]) => sqrt(dot(tensors, tensors));
  const [given, left] = [norm(gradients), norm(remainders)];
  // Of a gradient along the weights, as that of a single number always is, rounding alone is left: that has no direction.
  const size = weights.reduce((total, weight) => total + weight.size, 0);
  const rounding = 4 * Math.sqrt(size) * (given.dtype === 'float64' ? 2 ** -52 : 2 ** -23);
  const factor = where(greater(left, mul(given, rounding)), given.div(left.add(epsilon)), 0);
  return remainders.map((remainder) => remainder.mul(factor));
}

function requireSameShape(name: string, weight: Tensor, gradient: Tensor, path: string): void {
  if (!sameShape(weight.shape, gradient.shape)) {
    const shapes = `gradient ${formatShape(gradient.shape)}, weight ${formatShape(weight.shape)}`;
    throw new ShapeError(`${name}: gradient and weight differ in shape${path && ` at ${path}`}: ${shapes}`);
  }
}

/**
 * How far a step along the gradient only scales the weights: cos(-g, θ) of each parameter, as a tree of scalars like
 * `params`. Naive loss minimization shows as values towards 1. Zero gradients or weights give 0.
 * @throws ShapeError when a gradient and its weight differ in shape
 */
export function nlmAlignment<Params>(params: Params, gradients: Params): Params {
  const { leaves: weights, paths } = flatten(params);
  const cosines = leavesLike(params, gradients).map((gradient, i) => {
    const weight = weights[i] as Tensor;
    requireSameShape('nlmAlignment', weight, gradient, paths[i] as string);
    const lengths = sqrt(mul(sum(gradient.square()), sum(weight.square())));
    return sum(mul(gradient, weight)).neg().div(maximum(lengths, 1e-30));
  });
  return withLeaves(params, cosines);
}

/** Floating-point formats by their rounding. */
const roundings = {
  float16: roundToHalf,
  float32: Math.fround,
  float64: (value: number) => value,
} as const;

/** Nearest float16, halves to even. */
function roundToHalf(value: number): number {
  if (value === 0 || !Number.isFinite(value)) return value;
  const exponent = Math.max(Math.floor(Math.log2(Math.abs(value))), -14);
  const units = value / 2 ** (exponent - 10);
  const floor = Math.floor(units);
  const rounded = units - floor === 0.5 ? floor + (floor & 1) : Math.round(units);
  const result = rounded * 2 ** (exponent - 10);
  return Math.abs(result) > 65504 ? Math.sign(result) * Number.POSITIVE_INFINITY : result;
}

/** What softmax cross-entropy is left with in a given precision. */
export interface SoftmaxCollapse {
  /** Whether the sum Σ exp(z - max z) of each sample is exactly 1: all but the largest term were absorbed (Def. 3). */
  readonly collapsed: readonly boolean[];
  /** Share of collapsed samples. */
  readonly fraction: number;
  /** Cross-entropy of each sample: exactly 0 where it collapsed with the label on top. */
  readonly lossPerSample: readonly number[];
  /** Gradient of the mean loss at each sample's label logit: exactly 0 where the loss is. */
  readonly gradLabelLogit: readonly number[];
}

/**
 * Softmax Collapse: which samples have lost their gradient to float absorption. Every exponential and every partial sum
 * is rounded to `precision`, classes in order, whatever the machine computes in.
 * @param logits `[samples, classes]` with known or computable values
 * @param labels `[samples]`, int32 or int64
 * @throws ShapeError, RangeError as `stablemaxCrossEntropy`; RangeError for an unknown precision
 */
export async function softmaxCollapse(
  logits: Tensor,
  labels: Tensor,
  { precision = 'float32' }: { precision?: keyof typeof roundings } = {},
): Promise<SoftmaxCollapse> {
  if (!Object.hasOwn(roundings, precision)) {
    throw new RangeError(`softmaxCollapse: precision must be float16, float32 or float64, got ${precision}`);
  }
  await evaluate([logits, labels]);
  requireLogits('softmaxCollapse', logits);
  scoreOfLabel('softmaxCollapse', logits, labels);
  const [samples, classes] = logits.shape as [number, number];
  const [scores, targets] = [Array.from(await logits.data(), Number), await labels.data()];
  const round = roundings[precision];
  const perSample = Array.from({ length: samples }, (_, sample) => {
    const row = scores.slice(sample * classes, (sample + 1) * classes).map(round);
    const peak = Math.max(...row);
    const exponentials = row.map((score) => round(Math.exp(round(score - peak))));
    const total = exponentials.reduce((partial, each) => round(partial + each), 0);
    const label = Number(targets[sample]);
    return {
      collapsed: total === 1,
      loss: round(round(Math.log(total)) - round((row[label] as number) - peak)),
      gradient: round(round(round((exponentials[label] as number) / total) - 1) / samples),
    };
  });
  return {
    collapsed: perSample.map(({ collapsed }) => collapsed),
    fraction: perSample.filter(({ collapsed }) => collapsed).length / samples,
    lossPerSample: perSample.map(({ loss }) => loss),
    gradLabelLogit: perSample.map(({ gradient }) => gradient),
  };
}
