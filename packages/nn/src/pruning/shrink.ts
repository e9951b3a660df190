import { type Tensor, tensor } from '@evenkeel/tensor';
import type { ExampleInput } from '../model/summary.js';
import { type Analysis, analyse, type Size, shapeWithout, sizeOfCall, traceWithout } from './analysis.js';
import { type FoundGroup, groupsOf } from './channelGroups.js';
import { type FoldedConstants, foldConstants } from './constants.js';
import type { ModelCall } from './subject.js';

/** For groups by name, which of their channels stay: 1 stays, 0 goes. Groups that are left out keep all. */
export type KeepMasks = Readonly<Record<string, readonly number[]>>;

/** A smaller model, and what became of it. */
export interface Shrunk<Model> extends FoldedConstants {
  readonly model: Model;
  readonly before: Size;
  readonly after: Size;
}

/** The channels that masks remove. @throws RangeError for masks that do not fit */
export function goneChannels(groups: readonly FoundGroup[], masks: KeepMasks): Set<number> {
  const known = new Map(groups.map((each) => [each.group.name, each]));
  const gone = new Set<number>();
  for (const [name, mask] of Object.entries(masks)) {
    const found = known.get(name);
    if (!found) {
      const names = [...known.keys()].join(', ') || 'none';
      throw new RangeError(`shrink: no prunable group is called "${name}"; there are: ${names}`);
    }
    if (mask.length !== found.roots.length)
      throw new RangeError(`shrink: "${name}": got a mask of ${mask.length}, expected ${found.roots.length}`);
    const wrong = mask.find((each) => each !== 0 && each !== 1);
    if (wrong !== undefined)
      throw new RangeError(`shrink: "${name}": a mask is made of 0 and 1, got ${wrong}`);
    if (!mask.includes(1)) throw new RangeError(`shrink: "${name}": a mask must keep one channel at least`);
    mask.forEach((keep, channel) => {
      if (keep === 0) gone.add(found.roots[channel]!);
    });
  }
  return gone;
}

/**
 * The model without the channels that masks remove: weights are really shorter, and so are outputs in between. Call it as
 * before. Where a removed channel is the same for all inputs (its scale is 0, so that only its shift is left), what it adds
 * to the layers after it goes into their biases or running means, if that is exact: without padding, which would meet zeros
 * at the edges, and where there is a bias. What could not be kept is told.
 * @param masks by the names that `channelGroups` gives
 * @throws RangeError for masks that do not fit; what `channelGroups` throws
 */
export async function shrink<Model>(
  model: Model,
  call: ModelCall<Model>,
  examples: readonly ExampleInput[],
  masks: KeepMasks,
): Promise<Shrunk<Model>> {
  const analysis = analyse(model, call, examples);
  const gone = goneChannels(groupsOf(analysis).groups, masks);
  const before = sizeOfCall(analysis.traced);
  const after = sizeOfCall(traceWithout(analysis, gone));
  const { weights, ...folded } = await foldConstants(analysis, gone);
  const smaller = await Promise.all(weights.map((weight, i) => withoutChannels(analysis, weight, i, gone)));
  return {
    model: analysis.subject.narrowed(smaller, shapeWithout(analysis, gone)) as Model,
    before,
    after,
    ...folded,
  };
}

/** The numbers of a weight at the indices that stay. */
async function withoutChannels(
  { traced, axesOf, channels }: Analysis,
  weight: Tensor,
  index: number,
  gone: ReadonlySet<number>,
): Promise<Tensor> {
  const { shape, dtype } = weight;
  const stays = axesOf(traced.weights[index]!).map((labels, axis) => {
    const indices = Array.from({ length: shape[axis]! }, (_, i) => i);
    return labels instanceof Int32Array
      ? indices.filter((i) => !gone.has(channels.find(labels[i]!)))
      : indices;
  });
  if (stays.every((indices, axis) => indices.length === shape[axis])) return weight;
  const data = await weight.data();
  const strides = shape.map((_, axis) => shape.slice(axis + 1).reduce((a, b) => a * b, 1));
  let positions: number[] = [0];
  stays.forEach((indices, axis) => {
    positions = positions.flatMap((start) => indices.map((i) => start + i * strides[axis]!));
  });
  const kept = data.slice(0, positions.length);
  positions.forEach((position, i) => {
    kept[i] = data[position]!;
  });
  return tensor(kept, { dtype, shape: stays.map((indices) => indices.length) });
}
