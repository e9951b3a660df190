import type { ExampleInput } from '../model/summary.js';
import { type Analysis, analyse, traceWithout } from './analysis.js';
import { kernelReason } from './rules.js';
import type { ModelCall } from './subject.js';

/** An axis of a weight that a group's channels are indices of. */
export interface ChannelPlace {
  /** Path of the weight, such as `first.weight`; buffers of imported models are `buffers.NAME`. */
  readonly path: string;
  readonly axis: number;
  /** The channel of each index of the axis, from 0; -1 where it is none of this group. */
  readonly channelOf: Int32Array;
  /**
   * What the weight does with a channel: `makes` it (outputs of a layer, biases), takes it `in` and adds it up, or is the
   * `scale` or a `statistic` of a batch normalization.
   */
  readonly role: 'makes' | 'in' | 'scale' | 'statistic';
}

/** Channels of one kind: each can be removed by itself, but from all places at once. */
export interface ChannelGroup {
  /** Path of the first weight that makes the channels; with a number after `#` where several groups share it. */
  readonly name: string;
  readonly channels: number;
  readonly places: readonly ChannelPlace[];
}

/** Channels that must stay, and why. */
export interface KeptChannels extends ChannelGroup {
  readonly reason: string;
}

/** The channels of a model, as one call of it uses them. */
export interface ChannelGroups {
  /** Those that can be removed. */
  readonly groups: readonly ChannelGroup[];
  readonly kept: readonly KeptChannels[];
}

/**
 * Which axes of which weights belong together: what is removed from one must be removed from all. A call is traced, without
 * running it, and followed through convolutions (grouped ones too), products, normalizations, elementwise operations,
 * additions, concatenation, pooling, and reshapes. Channels that meet something of given length, that are outputs, or that
 * go through what is not understood are kept. What a model's own code says about lengths is tried: a group whose
 * removal the call does not take is kept as well.
 *
 * Where convolutions cut channels into groups, channels at the same place of every group go together; depthwise ones
 * lose whole channels. Group normalization loses whole groups, attention whole heads.
 * @param model a tree of tensors, or an `ImportedModule`
 * @param call evaluation, such as `(network, image) => network.call(image)`
 * @param examples what the call takes, or shapes and dtypes
 * @throws RangeError when the call returns no tensor; what `call` throws
 */
export function channelGroups<Model>(
  model: Model,
  call: ModelCall<Model>,
  examples: readonly ExampleInput[],
): ChannelGroups {
  const { groups, kept } = groupsOf(analyse(model, call, examples));
  return { groups: groups.map(({ group }) => group), kept };
}

/** A group with what its channels are in the analysis. */
export interface FoundGroup {
  readonly group: ChannelGroup;
  /** The number of each channel. */
  readonly roots: readonly number[];
}

/** @internal */
export function groupsOf(analysis: Analysis): {
  readonly groups: readonly FoundGroup[];
  readonly kept: readonly KeptChannels[];
} {
  const found = collect(analysis);
  const kept: KeptChannels[] = [];
  const candidates = found.filter(({ group, roots }) => {
    const reason =
      analysis.channels.reason(roots[0]!) ??
      (roots.length === 1 ? 'it is the only one of its kind' : undefined);
    if (reason !== undefined) kept.push({ ...group, reason });
    return reason === undefined;
  });
  if (refusal(analysis, candidates) === undefined) return { groups: candidates, kept };
  const groups = candidates.filter((each) => {
    const reason = refusal(analysis, [each]);
    if (reason !== undefined) kept.push({ ...each.group, reason: `the call does not take fewer: ${reason}` });
    return reason === undefined;
  });
  return { groups, kept };
}

/** What the call says when the last channel of each group is gone; undefined when it takes that. */
function refusal(analysis: Analysis, groups: readonly FoundGroup[]): string | undefined {
  if (groups.length === 0) return undefined;
  try {
    traceWithout(analysis, new Set(groups.map(({ roots }) => roots.at(-1)!)));
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

interface Spot {
  readonly weight: number;
  readonly axis: number;
}

/** Channels that stand at the same axes, and must stay for the same reason or can go, are a group. */
function collect(analysis: Analysis): FoundGroup[] {
  const { channels, traced, axesOf } = analysis;
  const spots = new Map<number, Spot[]>();
  traced.weights.forEach((tensor, weight) => {
    axesOf(tensor).forEach((labels, axis) => {
      if (!(labels instanceof Int32Array)) return;
      for (const root of new Set(Array.from(labels, (channel) => channels.find(channel)))) {
        if (!spots.has(root)) spots.set(root, []);
        spots.get(root)!.push({ weight, axis });
      }
    });
  });
  const byPlaces = new Map<string, number[]>();
  for (const [root, places] of spots) {
    if (channels.reason(root) === kernelReason) continue;
    const key = `${places.map(({ weight, axis }) => `${weight}.${axis}`).join(' ')} ${channels.reason(root) ?? ''}`;
    if (!byPlaces.has(key)) byPlaces.set(key, []);
    byPlaces.get(key)!.push(root);
  }
  const found = [...byPlaces.values()].map((roots) => ({
    roots,
    group: describe(analysis, roots, spots.get(roots[0]!)!),
  }));
  // The plain names are for groups that can go.
  const isFree = ({ roots }: FoundGroup) => roots.length > 1 && channels.reason(roots[0]!) === undefined;
  const names = new Map<string, number>();
  return [...found.filter(isFree), ...found.filter((each) => !isFree(each))].map(({ roots, group }) => {
    const count = (names.get(group.name) ?? 0) + 1;
    names.set(group.name, count);
    return { roots, group: count === 1 ? group : { ...group, name: `${group.name}#${count}` } };
  });
}

function describe(analysis: Analysis, roots: readonly number[], spots: readonly Spot[]): ChannelGroup {
  const { channels, subject, traced, axesOf, norms, isAdded } = analysis;
  const numbers = new Map(roots.map((root, channel) => [root, channel]));
  const scales = new Set(norms.map(({ scale }) => scale));
  const statistics = new Set(norms.flatMap(({ mean, variance }) => [mean, variance]));
  const places = spots.map(({ weight, axis }): ChannelPlace => {
    const path = subject.paths[weight]!;
    const labels = axesOf(traced.weights[weight]!)[axis] as Int32Array;
    const role = scales.has(path)
      ? 'scale'
      : statistics.has(path)
        ? 'statistic'
        : isAdded(weight, axis)
          ? 'in'
          : 'makes';
    return {
      path,
      axis,
      channelOf: labels.map((channel) => numbers.get(channels.find(channel)) ?? -1),
      role,
    };
  });
  const maker = places.find(({ role }) => role === 'makes') ?? places[0]!;
  return { name: maker.path, channels: roots.length, places };
}
