import { type ChannelGroup, type ChannelGroups, type KeepMasks, selectParameters } from '@evenkeel/nn';
import { requireAmount, requireKeep, requireScales } from './checks.js';

/** Which channels stay (1) and go (0), and the magnitude that they are told by: |γ| above it stays. */
export interface Mask {
  readonly threshold: number;
  readonly keep: readonly number[];
}

/** From the scales γ of a layer to its mask. */
export type MaskRule = (scales: ArrayLike<number>) => Mask;

/** Which channels stay, by the path of a layer's scales. */
export type ScaleMasks = Readonly<Record<string, readonly number[]>>;

/** At least one channel stays: the one with the largest |γ|, or the first where several are. */
function neverEmpty(magnitudes: readonly number[], threshold: number): Mask {
  const keep = magnitudes.map((each) => Number(each > threshold));
  if (keep.includes(1)) return { threshold, keep };
  const largest = Math.max(...magnitudes);
  const winners = magnitudes.flatMap((each, i) => (each === largest ? [i] : []));
  keep[winners.length === 1 ? winners[0]! : 0] = 1;
  return { threshold, keep };
}

/** The rule `th`: |γ| > threshold stays. @throws RangeError for a threshold below 0, and scales that are not finite */
export function maskByThreshold(scales: ArrayLike<number>, threshold: number): Mask {
  requireScales('maskByThreshold', scales);
  requireAmount('maskByThreshold', 'threshold', threshold);
  return neverEmpty(Array.from(scales, Math.abs), threshold);
}

/** Below this all scales of a layer count as nothing. */
const nothing = 1e-3;

/**
 * The rule `OT`, optimal threshold: of the sorted magnitudes, those that together hold at most a share of the energy Σ γ²
 * go. The threshold lies half way between the last that goes and the first that stays. Where the largest is below 1e-3
 * the threshold is 1.
 * @param share of the energy, in [0, 1); 1e-4 unless said
 * @throws RangeError for another share, and scales that are not finite
 */
export function maskByEnergy(scales: ArrayLike<number>, share = 1e-4): Mask {
  requireScales('maskByEnergy', scales);
  if (!(share >= 0 && share < 1)) throw new RangeError(`maskByEnergy: share: got ${share}, expected [0, 1)`);
  const magnitudes = Array.from(scales, Math.abs);
  const sorted = magnitudes.map((each) => Math.max(each, 1e-18)).sort((a, b) => a - b);
  if (sorted.at(-1)! < nothing) return neverEmpty(magnitudes, 1);
  const total = sorted.reduce((sum, each) => sum + each * each, 0);
  let sum = 0;
  const first = sorted.findIndex((each) => {
    sum += each * each;
    return sum / total > share;
  });
  return neverEmpty(magnitudes, first <= 0 ? 0 : (sorted[first - 1]! + sorted[first]!) / 2);
}

/**
 * The share of the channels with the smallest |γ| goes, rounded to whole ones; of equals the last go.
 * @param ratio in [0, 1); one channel stays at least
 * @throws RangeError for another ratio, and scales that are not finite
 */
export function maskByRatio(scales: ArrayLike<number>, ratio: number): Mask {
  requireScales('maskByRatio', scales);
  if (!(ratio >= 0 && ratio < 1)) throw new RangeError(`maskByRatio: ratio: got ${ratio}, expected [0, 1)`);
  const magnitudes = Array.from(scales, Math.abs);
  const order = magnitudes.map((_, i) => i).sort((a, b) => magnitudes[a]! - magnitudes[b]! || b - a);
  const gone = new Set(order.slice(0, Math.min(Math.round(ratio * order.length), order.length - 1)));
  return {
    threshold: Math.max(0, ...[...gone].map((i) => magnitudes[i]!)),
    keep: magnitudes.map((_, i) => Number(!gone.has(i))),
  };
}

/**
 * One mask for layers whose outputs are added, so that channels must agree. Every layer votes for the channels that it would
 * prune; those with the most votes go, down to the largest number of votes at which at least as many go as the layer that
 * prunes fewest would.
 * @param keeps the masks of the layers, all of one length
 * @throws RangeError for no mask, masks of different lengths, and entries other than 0 and 1
 */
export function residualMask(keeps: readonly (readonly number[])[]): number[] {
  const [first] = keeps;
  if (!first) throw new RangeError('residualMask: got no masks');
  for (const keep of keeps) requireKeep('residualMask', keep, first.length);
  const pruned = keeps.map((keep) => keep.filter((each) => each === 0).length);
  const fewest = Math.min(...pruned);
  const votes = first.map((_, channel) => keeps.filter((keep) => keep[channel] === 0).length);
  const reached = (count: number) => votes.filter((each) => each >= count).length;
  let count = keeps.length;
  while (reached(count) < fewest) count--;
  return votes.map((each) => Number(each < count));
}

const scalePlaces = ({ places }: ChannelGroup) => places.filter(({ role }) => role === 'scale');

/**
 * Masks for the groups of a model that have scales, by a rule for each layer; layers whose channels go together get one mask
 * by `residualMask`.
 * @param model a trained model, whose scales decide
 * @throws RangeError when no group has scales
 */
export async function chooseMasks(model: unknown, groups: ChannelGroups, rule: MaskRule): Promise<KeepMasks> {
  const masks: Record<string, readonly number[]> = {};
  const parameters = selectParameters(model, /./);
  for (const group of groups.groups) {
    const keeps: (readonly number[])[] = [];
    for (const { path, channelOf } of scalePlaces(group)) {
      const data = await parameters[path]!.data();
      const scales = new Float64Array(group.channels);
      channelOf.forEach((channel, i) => {
        if (channel >= 0) scales[channel] = Number(data[i]);
      });
      keeps.push(rule(scales).keep);
    }
    if (keeps.length > 0) masks[group.name] = keeps.length === 1 ? keeps[0]! : residualMask(keeps);
  }
  if (Object.keys(masks).length === 0)
    throw new RangeError('chooseMasks: no channels that can be removed have scales of batch normalization');
  return masks;
}

/** Masks of groups as masks of the scales in them, which `maskSparsity` takes. Groups without a mask keep all. */
export function scaleMasks({ groups }: ChannelGroups, masks: KeepMasks): ScaleMasks {
  const result: Record<string, number[]> = {};
  for (const group of groups) {
    const mask = masks[group.name];
    if (!mask) continue;
    for (const { path, channelOf } of scalePlaces(group)) {
      const keep = result[path] ?? Array.from(channelOf, () => 1);
      channelOf.forEach((channel, i) => {
        if (channel >= 0) keep[i] = mask[channel]!;
      });
      result[path] = keep;
    }
  }
  return result;
}

/** Masks that keep no scale of any group: with them `maskSparsity` is global sparsity training. */
export const allScales = (groups: ChannelGroups): ScaleMasks =>
  scaleMasks(
    groups,
    Object.fromEntries(
      groups.groups.map(({ name, channels }) => [name, Array.from({ length: channels }, () => 0)]),
    ),
  );
