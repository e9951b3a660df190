import type { Shape } from '@evenkeel/tensor';
import type { Axis, Channels } from './channels.js';

/** Axes that hold the same elements before and after: as few as possible on either side. */
interface Block {
  readonly from: readonly number[];
  readonly to: readonly number[];
}

/** Axes of length 1 belong to no block. */
function blocksOf(before: Shape, after: Shape): Block[] {
  const long = (shape: Shape) => shape.flatMap((length, axis) => (length === 1 ? [] : [axis]));
  const [sources, targets] = [long(before), long(after)];
  const blocks: Block[] = [];
  while (sources.length > 0 && targets.length > 0) {
    const [from, to] = [[sources.shift()!], [targets.shift()!]];
    let [left, right] = [before[from[0]!]!, after[to[0]!]!];
    while (left !== right) {
      if (left < right) {
        from.push(sources.shift()!);
        left *= before[from.at(-1)!]!;
      } else {
        to.push(targets.shift()!);
        right *= after[to.at(-1)!]!;
      }
    }
    blocks.push({ from, to });
  }
  return blocks;
}

/**
 * The axes of a reshaped tensor. Where axes become one, each of its indices belongs to the channel that it came from. Where
 * one is split, channels that share an index of the first part go together.
 */
export function reshapedAxes(channels: Channels, axes: readonly Axis[], before: Shape, after: Shape): Axis[] {
  const result: Axis[] = after.map((length) => (length === 1 ? 'free' : 'fixed'));
  axes.forEach((axis, i) => {
    if (before[i] === 1) channels.keep(axis, 'it is the only one of its kind');
  });
  if (before.includes(0)) {
    for (const axis of axes) channels.keep(axis, 'a tensor without elements has it');
    return result;
  }
  for (const { from, to } of blocksOf(before, after)) {
    const labelled = from.filter((axis) => axes[axis] instanceof Int32Array);
    if (labelled.length === 0) {
      if (from.every((axis) => axes[axis] === 'free')) for (const axis of to) result[axis] = 'free';
      continue;
    }
    if (labelled.length > 1) {
      for (const axis of labelled) channels.keep(axes[axis], '`reshape` mixes it with other channels');
      continue;
    }
    const labels = axes[labelled[0]!] as Int32Array;
    if (from.length === 1 && to.length === 1) {
      result[to[0]!] = labels;
      continue;
    }
    const inner = from
      .filter((axis) => axis > labelled[0]!)
      .reduce((product, axis) => product * before[axis]!, 1);
    const size = from.reduce((product, axis) => product * before[axis]!, 1);
    const first = after[to[0]!]!;
    const share = size / first;
    const split = Int32Array.from({ length: first }, () => -1);
    for (let position = 0; position < size; position++) {
      const channel = labels[Math.floor(position / inner) % labels.length]!;
      const part = Math.floor(position / share);
      if (split[part] === -1) split[part] = channel;
      else channels.join(split[part]!, channel);
    }
    result[to[0]!] = split;
  }
  return result;
}
