import { describe, expect, it } from 'vitest';
import { channelBlockOf } from './channelBlock.js';
import { cpuRuntime, nodePlatform } from './cpu.js';

describe('channelBlockOf', () => {
  it('finds a block that vector registers have, or none', async () => {
    const block = await channelBlockOf(await nodePlatform('cpu', {}));
    expect([undefined, 4, 8, 16]).toContain(block);
    expect((await cpuRuntime({})).target.channelBlock).toBe(block);
  });

  it('takes a runtime without the layout for none', async () => {
    const { Tensor } = await nodePlatform('cpu', {});
    const refusing = { create: () => Promise.reject(new Error('no such operator')) };
    expect(await channelBlockOf({ InferenceSession: refusing as never, Tensor })).toBeUndefined();
  });
});
