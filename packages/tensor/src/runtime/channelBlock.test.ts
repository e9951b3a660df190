import { describe, expect, it } from 'vitest';
import { loadPlatform } from '#runtime';
import { channelBlockOf } from './channelBlock.js';

describe('channelBlockOf', () => {
  it('finds a block that vector registers have, or none', async () => {
    const { InferenceSession, Tensor, target } = await loadPlatform();
    expect([undefined, 4, 8, 16]).toContain(target.channelBlock);
    expect(await channelBlockOf(InferenceSession, Tensor)).toBe(target.channelBlock);
  });

  it('takes a runtime without the layout for none', async () => {
    const { Tensor } = await loadPlatform();
    const refusing = { create: () => Promise.reject(new Error('no such operator')) };
    expect(await channelBlockOf(refusing as never, Tensor)).toBeUndefined();
  });
});
