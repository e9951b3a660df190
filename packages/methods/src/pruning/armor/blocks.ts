import { matMul, maximum, reshape, type Tensor, transpose } from '@evenkeel/tensor';

/** A matrix as A S B: block (J, K) of it is A_J S_JK B_K. */
export interface ArmorFactors {
  /** Blocks of A along its diagonal, `[outputs / bA, bA, bA]`. */
  readonly left: Tensor;
  /** Blocks of B, `[inputs / bB, bB, bB]`. */
  readonly right: Tensor;
  /** V `[outputs, inputs]`: S where the mask is 1. */
  readonly core: Tensor;
  /** M `[outputs, inputs]`: 1 for n of every m consecutive elements of a row. */
  readonly mask: Tensor;
}

/** The same, with core and mask cut into blocks `[outputs / bA, inputs / bB, bA, bB]`. */
export type BlockedFactors = ArmorFactors;

/** A matrix cut into blocks: `[outputs, inputs] → [outputs / rows, inputs / columns, rows, columns]`. */
export function toBlocks(matrix: Tensor, rows: number, columns: number): Tensor {
  const [outputs, inputs] = matrix.shape as [number, number];
  return transpose(reshape(matrix, [outputs / rows, rows, inputs / columns, columns]), [0, 2, 1, 3]);
}

/** The inverse of `toBlocks`. */
export function fromBlocks(blocks: Tensor): Tensor {
  const [down, across, rows, columns] = blocks.shape as [number, number, number, number];
  return reshape(transpose(blocks, [0, 2, 1, 3]), [down * rows, across * columns]);
}

export const blocked = ({ left, right, core, mask }: ArmorFactors): BlockedFactors => ({
  left,
  right,
  core: toBlocks(core, left.length(1), right.length(1)),
  mask: toBlocks(mask, left.length(1), right.length(1)),
});

/** A with an axis for the blocks of B, so that it meets blocks of the matrix. */
const alongRows = (left: Tensor): Tensor =>
  reshape(left, [left.length(0), 1, left.length(1), left.length(2)]);

/** Blocks of A S B; without a mask the core is S. */
export const blockedProduct = ({
  left,
  right,
  core,
  mask,
}: Omit<BlockedFactors, 'mask'> & Partial<BlockedFactors>): Tensor =>
  matMul(matMul(alongRows(left), mask ? core.mul(mask) : core), right);

/** Blocks of Aᵀ X Bᵀ: what a change of S makes of a gradient X by A S B. */
export const blockedAdjoint = ({ left, right }: Pick<BlockedFactors, 'left' | 'right'>, x: Tensor): Tensor =>
  matMul(matMul(alongRows(left), x, { transposeA: true }), right, { transposeB: true });

/** What A S B is to be near, in blocks. */
export interface BlockedTarget {
  /** Blocks of the normalized weights Wbar. */
  readonly target: Tensor;
  /** h `[inputs / bB, 1, bB]` */
  readonly importance: Tensor;
  /** Σ h Wbar²: the loss of nothing at all, which losses are relative to. */
  readonly scale: Tensor;
}

/** What losses are divided by: not 0, so that weights that are all 0 have the loss 0. */
export const scaleFrom = (total: Tensor): Tensor => maximum(total, 1e-30);

export function blockedTarget(
  target: Tensor,
  importance: Tensor,
  { left, right }: Pick<ArmorFactors, 'left' | 'right'>,
): BlockedTarget {
  return {
    target: toBlocks(target, left.length(1), right.length(1)),
    importance: reshape(importance, [right.length(0), 1, right.length(1)]),
    scale: scaleFrom(target.square().mul(importance).sum()),
  };
}

/** L_rel = Σ h (A S B - Wbar)² / Σ h Wbar². */
export const blockedLoss = (factors: BlockedFactors, { target, importance, scale }: BlockedTarget): Tensor =>
  blockedProduct(factors).sub(target).square().mul(importance).sum().div(scale);

/** L_rel as a function of the factors of a whole matrix: Σ h (A S B - Wbar)² / Σ h Wbar². */
export const armorLoss = (factors: ArmorFactors, target: Tensor, importance: Tensor): Tensor =>
  blockedLoss(blocked(factors), blockedTarget(target, importance, factors));
