import { type NToMPattern, nToMMask, requirePattern } from '@evenkeel/nn';
import { abs, evaluate, greater, type Tensor, where } from '@evenkeel/tensor';
import { scaleFrom } from './blocks.js';
import { cleanImportance, type NormOptions, normalizeWeight, requireMatrix } from './normalize.js';

export const twoOfFour: NToMPattern = { n: 2, m: 4 };

/** What weights are pruned by. */
export interface ImportanceOptions {
  /** h `[inputs]`, as `inputImportance` gives it; entries that are 0 or not finite become the mean of the others. */
  readonly importance: Tensor | readonly number[];
  /** 2 of 4 unless said. */
  readonly pattern?: NToMPattern;
}

/** A weight with zeros. */
export interface NToMPruned {
  /** `[outputs, inputs]`, 0 where the mask is. */
  readonly weight: Tensor;
  readonly mask: Tensor;
}

/**
 * Plain n:m pruning: of every m weights of a row the n largest |W| stay.
 * @param weight `[outputs, inputs]`
 * @throws ShapeError for other ranks; RangeError for weights that are not finite, and a pattern that does not divide rows
 */
export async function pruneMagnitude(
  weight: Tensor,
  { pattern = twoOfFour }: Partial<Pick<ImportanceOptions, 'pattern'>> = {},
): Promise<NToMPruned> {
  await requireWeight('pruneMagnitude', weight, pattern);
  return masked(weight, nToMMask(abs(weight), pattern));
}

/**
 * Wanda (arXiv 2306.11695) in groups: of every m weights of a row the n largest |W| √h stay.
 * @param weight `[outputs, inputs]`
 * @throws as `pruneMagnitude`; RangeError for importances that do not fit
 */
export async function pruneWanda(
  weight: Tensor,
  { importance, pattern = twoOfFour }: ImportanceOptions,
): Promise<NToMPruned> {
  await requireWeight('pruneWanda', weight, pattern);
  const root = (await cleanImportance('pruneWanda', importance, weight)).sqrt();
  return masked(weight, nToMMask(abs(weight).mul(root), pattern));
}

/**
 * NoWag-P: of every m weights of a row the n with the largest h Wbar² stay, Wbar being the normalized weights. Where ARMOR
 * starts.
 * @param weight `[outputs, inputs]`
 * @throws as `pruneWanda`
 */
export async function pruneNoWag(
  weight: Tensor,
  { importance: given, pattern = twoOfFour, ...options }: ImportanceOptions & NormOptions,
): Promise<NToMPruned & { readonly relativeLoss: number }> {
  await requireWeight('pruneNoWag', weight, pattern);
  const importance = await cleanImportance('pruneNoWag', given, weight);
  const { normalized } = normalizeWeight(weight, options);
  const pruned = await masked(weight, nToMMask(normalized.square().mul(importance), pattern));
  return { ...pruned, relativeLoss: await relativeLoss(weight, pruned.weight, { importance, ...options }) };
}

/**
 * How far an approximation is from a weight, as ARMOR measures it: both are divided by the norms of the weight, and L_rel =
 * Σ h (What - Wbar)² / Σ h Wbar², which is 1 for nothing at all.
 * @throws RangeError for importances that do not fit; ShapeError for a weight that is no matrix
 */
export async function relativeLoss(
  weight: Tensor,
  approximation: Tensor,
  { importance: given, ...options }: Pick<ImportanceOptions, 'importance'> & NormOptions,
): Promise<number> {
  const { normalized, rowNorm, columnNorm } = normalizeWeight(weight, options);
  const importance = await cleanImportance('relativeLoss', given, weight);
  const errors = approximation
    .div(columnNorm)
    .div(rowNorm.reshape([-1, 1]))
    .sub(normalized);
  const weighted = (x: Tensor) => x.square().mul(importance).sum();
  return Number(
    await weighted(errors)
      .div(scaleFrom(weighted(normalized)))
      .item(),
  );
}

/** The elements where a mask is 1, and 0 elsewhere, never -0. */
export const keptBy = (mask: Tensor, x: Tensor): Tensor => where(greater(mask, 0.5), x, 0);

const masked = (weight: Tensor, mask: Tensor): Promise<NToMPruned> =>
  evaluate({ weight: keptBy(mask, weight), mask });

/** Values of a weight are known from here on. */
export async function requireWeight(name: string, weight: Tensor, pattern: NToMPattern): Promise<void> {
  await evaluate([weight]);
  requireMatrix(name, weight);
  requirePattern(name, pattern, weight.length(1));
}
