import type { Reparameterization } from '@evenkeel/nn';

export * from './statistics.js';
export * from './training.js';

import {
  abs,
  atan,
  atanh,
  clip,
  div,
  exp,
  formatShape,
  full,
  isFloat,
  mul,
  ShapeError,
  square,
  sub,
  type Tensor,
  tan,
  tanh,
} from '@evenkeel/tensor';

// Weight Compander: A Simple Weight Reparameterization for Regularization, arXiv 2306.16993.
// The arctan form: the abstract demands its properties, the paper's exact function was not open to us.

/** The curve through which weights pass: all odd, increasing, and of slope a / b at 0. */
export type CompanderKind = 'arctan' | 'tanh' | 'softsign' | 'identity';

/** A curve and its two shape parameters. */
export interface CompanderShape {
  /** `arctan` unless said. */
  readonly kind?: CompanderKind;
  /** Height: |w| stays below a π / 2 (arctan) or a (tanh, softsign). Above 0; a scalar tensor when it is learned. */
  readonly a: number | Tensor;
  /** Width: where the curve bends. Above 0; a scalar tensor when it is learned. */
  readonly b: number | Tensor;
}

interface Curve {
  /** ψ(x), of slope 1 at 0. */
  psi(x: Tensor): Tensor;
  inverse(y: Tensor): Tensor;
  slope(x: Tensor): Tensor;
  /** What |ψ| stays below. */
  readonly bound: number;
}

const reciprocalSquare = (x: Tensor) => div(1, square(x).add(1));

const curves: { readonly [Kind in CompanderKind]: Curve } = {
  arctan: { psi: atan, inverse: tan, slope: reciprocalSquare, bound: Math.PI / 2 },
  tanh: { psi: tanh, inverse: atanh, slope: (x) => sub(1, square(tanh(x))), bound: 1 },
  softsign: {
    psi: (x) => div(x, abs(x).add(1)),
    inverse: (y) => div(y, sub(1, abs(y))),
    slope: (x) => div(1, square(abs(x).add(1))),
    bound: 1,
  },
  identity: {
    psi: (x) => x,
    inverse: (y) => y,
    slope: (x) => mul(x, 0).add(1),
    bound: Number.POSITIVE_INFINITY,
  },
};

/**
 * The weight of a free parameter: w = Ψ(v) = a · ψ(v / b), with ψ = arctan unless said, for v of any shape. Single weights
 * cannot dominate, since |w| is bounded; small ones move a / b times as fast as v. The effective learning rate of a
 * weight is that of v times the square of the slope, so that a / b above 1 acts like a larger learning rate.
 * @throws RangeError for an unknown kind, a or b that is not positive and finite, and v that is not finite, where values
 *   are known; ShapeError for a or b that is no scalar
 */
export function compand(v: Tensor, shape: CompanderShape): Tensor {
  const { curve, a, b } = checkedShape('compand', shape);
  requireFinite('compand', 'v', v);
  return mul(curve.psi(div(v, b)), a);
}

/**
 * dw / dv = (a / b) ψ'(v / b), which for arctan is (a / b) / (1 + (v / b)²), or (a / b) cos²(w / a). @throws as `compand`
 */
export function companderSlope(v: Tensor, shape: CompanderShape): Tensor {
  const { curve, a, b } = checkedShape('companderSlope', shape);
  requireFinite('companderSlope', 'v', v);
  return div(mul(curve.slope(div(v, b)), a), b);
}

/**
 * The free parameter of a weight: v = b ψ⁻¹(w / a), which for arctan is b tan(w / a).
 * @throws as `compand`; RangeError for weights on or outside the bound, where values are known
 */
export function inverseCompand(w: Tensor, shape: CompanderShape): Tensor {
  const { curve, a, b } = checkedShape('inverseCompand', shape);
  requireFinite('inverseCompand', 'w', w);
  if (typeof a === 'number') {
    const outside = known(w).find((each) => Math.abs(each) >= a * curve.bound);
    if (outside !== undefined) {
      throw new RangeError(`inverseCompand: weight ${outside} is not within ±${a * curve.bound}`);
    }
  }
  return mul(curve.inverse(div(w, a)), b);
}

/** What |w| stays below: a π / 2 for arctan, a for tanh and softsign, Infinity for identity. @throws as `compand` */
export function companderBound({
  kind = 'arctan',
  a,
}: {
  readonly kind?: CompanderKind;
  readonly a: number;
}): number {
  return a * checkedShape('companderBound', { kind, a, b: 1 }).curve.bound;
}

/** Initial weights are clipped here, as a share of the bound: |w / a| ≤ 1.5 for arctan. */
const clippedShare = 1.5 / (Math.PI / 2);

/** How weights are companded. */
export interface WeightCompanderOptions {
  /** `arctan` unless said. */
  readonly kind?: CompanderKind;
  /** Height, above 0; where it begins, if it is learned. */
  readonly a: number;
  /** Width, above 0; where it begins, if it is learned. */
  readonly b: number;
  /**
   * Whether a and b are trained too, as logarithms, so that they stay positive: `false` unless said, `perTensor` with a
   * pair for each weight, or `shared` with one for all weights that this value makes. Their gradients are sums over all
   * weights, so that at the full learning rate training collapses: put `slowShape()` last in the optimizer's chain.
   */
  readonly learn?: false | 'perTensor' | 'shared';
  /**
   * `inverse`, unless said, keeps the weights that the model has: v = Ψ⁻¹(w). `direct` takes them as v, so that the model
   * begins with Ψ(w), nearly the same where a = b and weights are far smaller.
   */
  readonly init?: 'inverse' | 'direct';
  /**
   * Whether weights beyond 95.5 % of the bound (|w / a| = 1.5 for arctan) are clipped to it before their inverse is taken.
   * False unless said: then weights on or outside the bound are refused.
   */
  readonly clip?: boolean;
  /** Called for each weight tensor of which elements were clipped. */
  readonly onWarning?: (message: string) => void;
}

/** Free parameters of a companded weight. */
export interface CompandedWeight {
  /** Of the shape of the weight. */
  readonly v: Tensor;
  /** Logarithms of a and b, scalars, if they are learned. */
  readonly shape?: { readonly logA: Tensor; readonly logB: Tensor };
}

/**
 * Weights as bounded curves of free parameters, w = Ψ(v), for kernels of any shape: `reparameterize(model, /weight$/,
 * weightCompander({ a: 0.12, b: 0.12 }))`. Biases and the parameters of normalizations are best left out of the choice.
 * Weight decay in the optimizer acts on v; `companderPenalty` can act on w. Afterwards `fold` computes the weights once.
 * @throws RangeError for options out of range; while it is applied, for weights that are not finite, and for weights on or
 *   outside the bound unless `clip` or `init: 'direct'` is set
 */
export function weightCompander({
  kind = 'arctan',
  a,
  b,
  learn = false,
  init = 'inverse',
  clip: clipped = false,
  onWarning,
}: WeightCompanderOptions): Reparameterization<CompandedWeight> {
  const { curve } = checkedShape('weightCompander', { kind, a, b });
  requireOneOf('learn', String(learn), ['false', 'perTensor', 'shared']);
  requireOneOf('init', init, ['inverse', 'direct']);
  const limit = a * curve.bound * clippedShare;
  const shapeFor = (weight: Tensor) => ({
    logA: full([], Math.log(a), weight.dtype),
    logB: full([], Math.log(b), weight.dtype),
  });
  const sharedShapes = new Map<string, ReturnType<typeof shapeFor>>();
  const sharedFor = (weight: Tensor) => {
    const shape = sharedShapes.get(weight.dtype) ?? shapeFor(weight);
    sharedShapes.set(weight.dtype, shape);
    return shape;
  };
  return {
    name: 'weightCompander',
    async init(weight, { path }) {
      if (!isFloat(weight.dtype))
        throw new RangeError(`weightCompander: ${path} must be float, got ${weight.dtype}`);
      const elements = Array.from(await weight.data(), Number);
      const odd = elements.find((each) => !Number.isFinite(each));
      if (odd !== undefined) throw new RangeError(`weightCompander: ${path} must be finite, got ${odd}`);
      const shape = learn && { shape: learn === 'shared' ? sharedFor(weight) : shapeFor(weight) };
      if (init === 'direct') return { v: weight, ...shape };
      const beyond = elements.filter((each) =>
        clipped ? Math.abs(each) > limit : Math.abs(each) >= a * curve.bound,
      ).length;
      if (beyond > 0 && !clipped) {
        throw new RangeError(
          `weightCompander: ${beyond} of ${elements.length} weights of ${path} are not within ±${a * curve.bound}: take a larger a, or clip them`,
        );
      }
      if (beyond > 0) {
        onWarning?.(
          `weightCompander: clipped ${beyond} of ${elements.length} weights of ${path} to ±${limit}`,
        );
      }
      return {
        v: inverseCompand(beyond > 0 ? clip(weight, -limit, limit) : weight, { kind, a, b }),
        ...shape,
      };
    },
    weight: ({ v, shape }) =>
      compand(v, shape ? { kind, a: exp(shape.logA), b: exp(shape.logB) } : { kind, a, b }),
  };
}

interface CheckedShape {
  readonly curve: Curve;
  readonly a: number | Tensor;
  readonly b: number | Tensor;
}

function checkedShape(name: string, { kind = 'arctan', a, b }: CompanderShape): CheckedShape {
  if (!Object.hasOwn(curves, kind)) {
    throw new RangeError(`${name}: kind must be one of ${Object.keys(curves).join(', ')}, got ${kind}`);
  }
  for (const [parameter, value] of Object.entries({ a, b })) {
    if (typeof value !== 'number' && value.rank !== 0) {
      throw new ShapeError(`${name}: ${parameter} must be a scalar, got ${formatShape(value.shape)}`);
    }
    const wrong = (typeof value === 'number' ? [value] : known(value)).find(
      (each) => !(each > 0 && each < Number.POSITIVE_INFINITY),
    );
    if (wrong !== undefined) {
      throw new RangeError(`${name}: ${parameter} must be positive and finite, got ${wrong}`);
    }
  }
  return { curve: curves[kind], a, b };
}

function requireOneOf(option: string, value: string, allowed: readonly string[]): void {
  if (!allowed.includes(value)) {
    throw new RangeError(`weightCompander: ${option} must be one of ${allowed.join(', ')}, got ${value}`);
  }
}

/** The elements of a tensor where they are known. */
const known = ({ value }: Tensor): readonly number[] => (value ? Array.from(value.data, Number) : []);

function requireFinite(name: string, what: string, x: Tensor): void {
  const odd = known(x).find((each) => !Number.isFinite(each));
  if (odd !== undefined) throw new RangeError(`${name}: ${what} must be finite, got ${odd}`);
}
