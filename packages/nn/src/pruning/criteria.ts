import { leavesOf, type Tensor } from '@evenkeel/tensor';
import { randomSource } from '../data/random.js';
import type { ChannelGroup, ChannelPlace } from './channelGroups.js';
import { subjectOf } from './subject.js';

/** Numbers of a weight, and its shape. */
export interface WeightValues {
  readonly shape: readonly number[];
  readonly data: ArrayLike<number>;
}

/**
 * How important the channels of a group are, one number of at least 0 a channel: those with the smallest go first.
 * @param weightOf the numbers of a weight of the model, by its path
 */
export type ChannelCriterion = (
  group: ChannelGroup,
  weightOf: (path: string) => Promise<WeightValues>,
) => Float64Array | Promise<Float64Array>;

/** Adds up a number for each element of a weight by the channel that it belongs to. */
function addByChannel(
  sums: Float64Array,
  { axis, channelOf }: ChannelPlace,
  { shape, data }: WeightValues,
  of: (element: number, index: number) => number,
): void {
  const inner = shape.slice(axis + 1).reduce((a, b) => a * b, 1);
  for (let i = 0; i < data.length; i++) {
    const channel = channelOf[Math.floor(i / inner) % shape[axis]!]!;
    if (channel >= 0) sums[channel] = sums[channel]! + of(Number(data[i]), i);
  }
}

/** The places whose weights make the channels: layers, not their biases, where there are layers. */
async function makersOf(
  group: ChannelGroup,
  weightOf: (path: string) => Promise<WeightValues>,
): Promise<readonly (readonly [ChannelPlace, WeightValues])[]> {
  const makers = await Promise.all(
    group.places
      .filter(({ role }) => role === 'makes')
      .map(async (place) => [place, await weightOf(place.path)] as const),
  );
  const layers = makers.filter(([, { shape }]) => shape.length > 1);
  return layers.length > 0 ? layers : makers;
}

/** The norm of the weights that make a channel: the sum of magnitudes (1) or the root of the sum of squares (2, unless said). */
export function magnitude({ norm = 2 }: { readonly norm?: 1 | 2 } = {}): ChannelCriterion {
  if (norm !== 1 && norm !== 2) throw new RangeError(`magnitude: norm: got ${norm}, expected 1 or 2`);
  return async (group, weightOf) => {
    const sums = new Float64Array(group.channels);
    for (const [place, values] of await makersOf(group, weightOf))
      addByChannel(sums, place, values, (element) => (norm === 1 ? Math.abs(element) : element * element));
    return norm === 1 ? sums : sums.map(Math.sqrt);
  };
}

/** |γ| of a channel's batch normalization; the sum over those that share it. @throws RangeError for groups without one */
export const normScale = (): ChannelCriterion => async (group, weightOf) => {
  const scales = group.places.filter(({ role }) => role === 'scale');
  if (scales.length === 0)
    throw new RangeError(`normScale: no batch normalization scales the channels of "${group.name}"`);
  const sums = new Float64Array(group.channels);
  for (const place of scales) addByChannel(sums, place, await weightOf(place.path), Math.abs);
  return sums;
};

/** Random numbers: what any criterion must beat. */
export function randomChannels(seed: number): ChannelCriterion {
  const source = randomSource(seed);
  return ({ name, channels }) => {
    const own = source.fork(name);
    return Float64Array.from({ length: channels }, () => own.uniform());
  };
}

/**
 * How much the loss would change without a channel, to first order: |Σ weight · gradient| over the weights that make it.
 * @param gradients of a loss by the model, a tree like it: the mean over a few batches
 * @throws RangeError for gradients of another model
 */
export function taylor<Model>(model: Model, gradients: Model): ChannelCriterion {
  const { paths } = subjectOf(model);
  const slopes = leavesOf(gradients);
  const byPath = new Map<string, Tensor>(slopes.map((slope, i) => [paths[i]!, slope]));
  return async (group, weightOf) => {
    const sums = new Float64Array(group.channels);
    for (const [place, values] of await makersOf(group, weightOf)) {
      const slope = byPath.get(place.path);
      if (slope?.size !== values.data.length)
        throw new RangeError(`taylor: there is no gradient of ${place.path} that fits`);
      const data = await slope.data();
      addByChannel(sums, place, values, (element, i) => element * Number(data[i]));
    }
    return sums.map(Math.abs);
  };
}
