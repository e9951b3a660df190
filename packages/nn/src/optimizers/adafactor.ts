import {
  cast,
  div,
  leavesLike,
  leavesOf,
  maximum,
  minimum,
  pow,
  sqrt,
  type Tensor,
  withLeaves,
  zeros,
  zerosLike,
} from '@evenkeel/tensor';
import { floatOf, requireIn } from './options.js';
import type { LearningRate } from './sgd.js';
import type { GradientTransform } from './transform.js';

/** Settings of `adafactor`. */
export interface AdafactorOptions {
  /** The largest relative step; 0.01 unless said. From step 1 / learningRate² on, steps shrink by 1 / √step. */
  readonly learningRate?: LearningRate;
  /** Squares are averaged with the share step^-decay for the newest; in [0, ∞), 0.8 unless said. */
  readonly decay?: number;
  /** Updates are scaled down to this root mean square; positive, 1 unless said. */
  readonly clipThreshold?: number;
  /** Smallest root mean square that parameters count as, so that zeros move; 1e-3 unless said. */
  readonly minimumScale?: number;
  /** Decoupled, times the learning rate; 0 unless said. */
  readonly weightDecay?: number;
}

/** Averages of squared gradients: of matrices over their rows and over their columns, of all else element by element. */
export type AdafactorMoments =
  | { readonly rows: Tensor; readonly columns: Tensor }
  | { readonly squares: Tensor };

/** State of `adafactor`. */
export interface AdafactorState {
  /** Steps taken: an int32 scalar. */
  readonly step: Tensor;
  /** One for each parameter. */
  readonly moments: readonly AdafactorMoments[];
}

/** Machine precision of the floats, below which averages do not count. */
const precisionOf = (tensor: Tensor): number => (tensor.dtype === 'float64' ? 2 ** -52 : 2 ** -23);

const rootMeanSquare = (tensor: Tensor): Tensor => sqrt(tensor.square().mean());

function initialMoments(param: Tensor): AdafactorMoments {
  if (param.rank < 2) return { squares: zerosLike(param) };
  const [outer, rows, columns] = [param.shape.slice(0, -2), param.length(-2), param.length(-1)];
  return {
    rows: zeros([...outer, rows, 1], param.dtype),
    columns: zeros([...outer, 1, columns], param.dtype),
  };
}

/** The averages with another gradient, and what they say its squares are. */
function nextMoments(
  gradient: Tensor,
  moments: AdafactorMoments,
  share: Tensor,
): readonly [moments: AdafactorMoments, squares: Tensor] {
  const toward = (average: Tensor, newest: Tensor) => average.add(newest.sub(average).mul(share));
  const squared = gradient.square();
  if ('squares' in moments) {
    const squares = toward(moments.squares, squared);
    return [{ squares }, squares];
  }
  const rows = toward(moments.rows, squared.mean({ axis: -1, keepAxes: true }));
  const columns = toward(moments.columns, squared.mean({ axis: -2, keepAxes: true }));
  const total = maximum(rows.mean({ axis: -2, keepAxes: true }), precisionOf(gradient));
  return [{ rows, columns }, rows.div(total).mul(columns)];
}

/**
 * Adafactor (arXiv 1804.04235): steps relative to the size of the parameters, with second moments of matrices, which are
 * the last two axes, kept as a row and a column. Without a first moment, its state is a small part of Adam's.
 */
export function adafactor({
  learningRate = 0.01,
  decay = 0.8,
  clipThreshold = 1,
  minimumScale = 1e-3,
  weightDecay = 0,
}: AdafactorOptions = {}): GradientTransform<AdafactorState> {
  if (typeof learningRate === 'number') requireIn('adafactor', 'learningRate', learningRate, 0);
  requireIn('adafactor', 'decay', decay, 0);
  requireIn('adafactor', 'clipThreshold', clipThreshold, Number.MIN_VALUE);
  requireIn('adafactor', 'minimumScale', minimumScale, 0);
  requireIn('adafactor', 'weightDecay', weightDecay, 0);
  return {
    init: (params) => ({ step: zeros([], 'int32'), moments: leavesOf(params).map(initialMoments) }),
    update(gradients, state, params) {
      const before = cast(state.step, floatOf(params));
      const count = before.add(1);
      const rate = typeof learningRate === 'number' ? learningRate : learningRate(before);
      const relative = minimum(div(1, sqrt(count)), rate);
      const share = pow(count, -decay);
      const leaves = leavesOf(params);
      const stepped = leavesLike(params, gradients).map((gradient, i) => {
        const param = leaves[i]!;
        const [moments, squares] = nextMoments(gradient, state.moments[i]!, cast(share, param.dtype));
        const direction = gradient.div(sqrt(maximum(squares, precisionOf(param) ** 2)));
        const excess = maximum(rootMeanSquare(direction).div(clipThreshold), 1);
        const scale = maximum(rootMeanSquare(param), minimumScale).mul(cast(relative, param.dtype));
        const decayed = param.mul(typeof rate === 'number' ? rate : cast(rate, param.dtype)).mul(weightDecay);
        const update = direction.mul(scale.div(excess)).add(decayed).neg();
        return { moments, update };
      });
      const updates = stepped.map(({ update }) => update);
      return [
        withLeaves(params, updates),
        { step: state.step.add(1), moments: stepped.map(({ moments }) => moments) },
      ];
    },
  };
}
