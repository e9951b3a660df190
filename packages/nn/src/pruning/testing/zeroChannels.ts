import { type Tensor, tensor } from '@evenkeel/tensor';
import type { ChannelGroups } from '../channelGroups.js';
import type { KeepMasks } from '../shrink.js';
import { subjectOf } from '../subject.js';

/** The model with zeros in everything that makes the channels that masks remove. */
export async function withZeroChannels<Model>(
  model: Model,
  { groups }: ChannelGroups,
  masks: KeepMasks,
  roles: readonly string[] = ['makes', 'scale'],
): Promise<Model> {
  const subject = subjectOf(model);
  const weights: Tensor[] = [...subject.weights];
  for (const { name, places } of groups) {
    const mask = masks[name];
    if (!mask) continue;
    for (const { path, axis, channelOf, role } of places) {
      if (!roles.includes(role)) continue;
      const index = subject.paths.indexOf(path);
      const weight = weights[index]!;
      const inner = weight.shape.slice(axis + 1).reduce((a, b) => a * b, 1);
      const data = Array.from(await weight.data(), Number).map((each, i) => {
        const channel = channelOf[Math.floor(i / inner) % weight.shape[axis]!]!;
        return channel >= 0 && mask[channel] === 0 ? 0 : each;
      });
      weights[index] = tensor(data, { dtype: weight.dtype, shape: weight.shape });
    }
  }
  return subject.filled(weights);
}

/** Every third channel of every group goes. */
export const everyThird = ({ groups }: ChannelGroups): KeepMasks =>
  Object.fromEntries(
    groups.map(({ name, channels }) => [
      name,
      Array.from({ length: channels }, (_, i) => Number(i % 3 !== 1)),
    ]),
  );
