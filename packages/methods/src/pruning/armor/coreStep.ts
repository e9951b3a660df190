import { type NToMPattern, nToMSupports } from '@evenkeel/nn';
import {
  abs,
  add,
  argMax,
  broadcastTo,
  cast,
  cumSum,
  floorDivide,
  iota,
  less,
  lessEqual,
  logicalAnd,
  matMul,
  max,
  maximum,
  minimum,
  mul,
  oneHot,
  remainder,
  reshape,
  slice,
  squeeze,
  stack,
  sub,
  swapAxes,
  type Tensor,
  take,
  takeAlong,
  tensor,
  where,
} from '@evenkeel/tensor';
import { type BlockedFactors, type BlockedTarget, blockedAdjoint, blockedProduct } from './blocks.js';

/** Which group of each pair of blocks is chosen anew. */
export interface GroupSelection {
  /**
   * `sampled` (unless said): with a chance in proportion to its score; `greedy`: the largest score; `uniform`: any, which
   * the official code has by name only.
   */
  readonly choice?: 'sampled' | 'greedy' | 'uniform';
  /** The norm of a group's gradient that is its score; L1 unless said. */
  readonly norm?: 'L1' | 'L2' | 'Linf';
}

/** What keeps the equations of a group solvable. */
export interface GroupDamping {
  /** Added to the diagonal of H_T; 1e-9 unless said. */
  readonly damping?: number;
  /** Added to ‖a‖²; 1e-8 unless said. */
  readonly leastNorm?: number;
}

/** Aᵀ (E · h) Bᵀ with E = A S B - Wbar: ∂L/∂S in blocks, of masked elements too, up to the factor 2 / Σ h Wbar². */
export const coreSlope = (factors: BlockedFactors, { target, importance }: BlockedTarget): Tensor =>
  blockedAdjoint(factors, blockedProduct(factors).sub(target).mul(importance));

/** G = ∂L_rel/∂S in blocks, of masked elements too. */
export const coreGradient = (factors: BlockedFactors, problem: BlockedTarget): Tensor =>
  coreSlope(factors, problem).mul(2).div(problem.scale);

/** Norms of groups of m: `[…, columns] → […, columns / m]`. */
export function groupScores(gradient: Tensor, m: number, norm: GroupSelection['norm'] = 'L1'): Tensor {
  const groups = reshape(gradient, [...gradient.shape.slice(0, -1), gradient.length(-1) / m, m]);
  if (norm === 'Linf') return max(abs(groups), { axis: -1 });
  return norm === 'L1' ? abs(groups).sum({ axis: -1 }) : groups.square().sum({ axis: -1 }).sqrt();
}

/**
 * The number of a group, row · (bB / m) + place, for each pair of blocks: int32 `[outputs / bA, inputs / bB]`.
 * @param gradient by S in blocks, up to a factor
 * @param draws evenly from [0, 1), one a pair; `greedy` needs none
 */
export function chooseGroups(
  gradient: Tensor,
  m: number,
  { choice = 'sampled', norm = 'L1' }: GroupSelection,
  draws: Tensor,
): Tensor {
  const [down, across, rows, columns] = gradient.shape as [number, number, number, number];
  const groups = (rows * columns) / m;
  // Rounding could make a draw 1.
  const within = (chosen: Tensor) => minimum(cast(chosen, 'int32'), groups - 1);
  if (choice === 'uniform') return within(draws.mul(groups).floor());
  const scores = reshape(groupScores(gradient, m, norm), [down, across, groups]);
  if (choice === 'greedy') return argMax(scores);
  const sums = cumSum(scores, { axis: -1 });
  const drawn = mul(draws, squeeze(slice(sums, [0, 0, groups - 1], [down, across, groups]), -1));
  return within(cast(lessEqual(sums, reshape(drawn, [down, across, 1])), 'int32').sum({ axis: -1 }));
}

/** What is known of the chosen groups, one of each pair of blocks. */
interface ChosenGroups {
  /** Their elements of S, `[down, across, m]`. */
  readonly old: Tensor;
  /** ‖a‖² `[down, across, 1]`, a being the column of A that their row of S meets. */
  readonly length: Tensor;
  /** H = Bg · h · Bgᵀ `[down, across, m, m]`, Bg being the rows of B that they meet. */
  readonly gram: Tensor;
  /** `[down, across, m]` */
  readonly q: Tensor;
}

/**
 * Chooses one group of every pair of blocks anew: of all supports the one with the least loss, with its best values. Pairs
 * touch different elements of A S B, so that all change at once. With C = Aᵀ (E · h) Bᵀ at the group and its old values s,
 * the loss as a function of new values x is const + 2 qᵀx + ‖a‖² xᵀHx where q = C - ‖a‖² H s, so that the errors without
 * the group need not be formed. A group whose loss would not fall stays as it is, against rounding.
 * @param chosen numbers of groups, as `chooseGroups` gives them
 * @param slope as `coreSlope` gives it
 * @returns core and mask in blocks; the core is 0 where the mask is
 */
export function updateGroups(
  factors: BlockedFactors,
  { importance }: BlockedTarget,
  chosen: Tensor,
  slope: Tensor,
  { pattern, damping = 1e-9, leastNorm = 1e-8 }: GroupDamping & { readonly pattern: NToMPattern },
): Pick<BlockedFactors, 'core' | 'mask'> {
  const core = factors.core.mul(factors.mask);
  const { old, length, gram, q } = groupsAt(factors, core, importance, chosen, slope, pattern.m);
  const { values, support } = bestSupport(gram, q, pattern, damping);
  const fresh = values.div(length.add(leastNorm)).neg();
  const loss = (x: Tensor) =>
    mul(q, x)
      .mul(2)
      .add(mul(length, mul(x, timesVector(gram, x))))
      .sum({ axis: -1, keepAxes: true });
  const falls = less(loss(fresh), loss(old));
  const write = (blocks: Tensor, group: Tensor) => {
    const [down, across, rows, columns] = blocks.shape as [number, number, number, number];
    const groups = (rows * columns) / pattern.m;
    const isChosen = reshape(oneHot(chosen, groups, 'bool'), [down, across, groups, 1]);
    const changes = logicalAnd(isChosen, reshape(falls, [down, across, 1, 1]));
    const inGroups = reshape(blocks, [down, across, groups, pattern.m]);
    return reshape(where(changes, reshape(group, [down, across, 1, pattern.m]), inGroups), blocks.shape);
  };
  return { core: write(core, fresh), mask: write(factors.mask, support) };
}

const timesVector = (matrix: Tensor, vector: Tensor): Tensor =>
  squeeze(matMul(matrix, reshape(vector, [...vector.shape, 1])), -1);

function groupsAt(
  { left, right }: BlockedFactors,
  core: Tensor,
  importance: Tensor,
  chosen: Tensor,
  slope: Tensor,
  m: number,
): ChosenGroups {
  const [down, across, rows, columns] = core.shape as [number, number, number, number];
  const places = columns / m;
  const at = broadcastTo(reshape(chosen, [down, across, 1, 1]), [down, across, 1, m]);
  const pick = (x: Tensor) => squeeze(takeAlong(reshape(x, [down, across, rows * places, m]), at, 2), 2);

  const lengths = reshape(left.square().sum({ axis: 1 }), [down * rows]);
  const column = iota(down).mul(rows).reshape([down, 1]).add(floorDivide(chosen, places));
  const length = take(lengths, column).reshape([down, across, 1]);

  const groupRows = reshape(right, [across, places, m, columns]);
  const weighted = groupRows.mul(reshape(importance, [across, 1, 1, columns]));
  const grams = reshape(matMul(weighted, swapAxes(groupRows, -1, -2)), [across * places, m, m]);
  const gram = take(grams, iota(across).mul(places).add(remainder(chosen, places)));

  const old = pick(core);
  return { old, length, gram, q: pick(slope).sub(length.mul(timesVector(gram, old))) };
}

const range = (length: number): number[] => Array.from({ length }, (_, i) => i);
const integers = (numbers: readonly number[]): Tensor => tensor([...numbers], 'int32');

/**
 * Of all supports T the one with the largest gain q_Tᵀ (H_T + damping I)⁻¹ q_T, as 0 and 1, and the solution on it.
 * @param gram H `[down, across, m, m]`
 * @param q `[down, across, m]`
 */
function bestSupport(
  gram: Tensor,
  q: Tensor,
  pattern: NToMPattern,
  damping: number,
): { readonly values: Tensor; readonly support: Tensor } {
  const { n, m } = pattern;
  const supports = nToMSupports(pattern);
  const entries = reshape(gram, [...q.shape.slice(0, -1), m * m]);
  const matrix = range(n).map((i) =>
    range(n).map((j) => {
      const entry = take(entries, integers(supports.map((each) => each[i]! * m + each[j]!)), -1);
      return i === j ? entry.add(damping) : entry;
    }),
  );
  const sides = range(n).map((i) => take(q, integers(supports.map((each) => each[i]!)), -1));
  const solutions = solveSymmetric(matrix, sides, damping);
  const best = argMax(solutions.map((x, i) => mul(x, sides[i]!)).reduce(add));
  const index = broadcastTo(reshape(best, [...best.shape, 1, 1]), [...best.shape, 1, n]);
  const ofBest = squeeze(takeAlong(stack(solutions, -1), index, -2), -2);
  // From the n places of the support to the m of the group, of which those outside are masked.
  const order = supports.map((each) => range(m).map((place) => Math.max(each.indexOf(place), 0)));
  const kept = supports.map((each) => range(m).map((place) => (each.includes(place) ? 1 : 0)));
  const support = take(tensor(kept, q.dtype), best);
  return { values: takeAlong(ofBest, take(tensor(order, 'int32'), best), -1).mul(support), support };
}

/**
 * Solves small symmetric positive systems, many at once, by elimination: each entry is a tensor with one number a system.
 * @param least what a pivot is at least: with float32, dependent rows may leave nothing, or less
 */
function solveSymmetric(
  matrix: readonly (readonly Tensor[])[],
  right: readonly Tensor[],
  least: number,
): Tensor[] {
  const rows = matrix.map((row) => [...row]);
  const sides = [...right];
  const size = sides.length;
  for (let pivot = 0; pivot < size; pivot++) {
    rows[pivot]![pivot] = maximum(rows[pivot]![pivot]!, least);
    for (let row = pivot + 1; row < size; row++) {
      const factor = rows[row]![pivot]!.div(rows[pivot]![pivot]!);
      for (let column = pivot + 1; column < size; column++)
        rows[row]![column] = sub(rows[row]![column]!, mul(factor, rows[pivot]![column]!));
      sides[row] = sub(sides[row]!, mul(factor, sides[pivot]!));
    }
  }
  for (let row = size - 1; row >= 0; row--) {
    for (let column = row + 1; column < size; column++)
      sides[row] = sub(sides[row]!, mul(rows[row]![column]!, sides[column]!));
    sides[row] = sides[row]!.div(rows[row]![row]!);
  }
  return sides;
}
