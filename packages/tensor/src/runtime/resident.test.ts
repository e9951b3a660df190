import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { type Device, Resident, withInputs } from './resident.js';

const type = { dtype: 'float32', shape: [2] } as const;

/** A device whose handles are numbers, and which remembers what it was told. */
function device() {
  const freed: number[] = [];
  const fake: Device<number> = {
    download: async (handle) => Float32Array.of(handle, handle),
    free: (handle) => void freed.push(handle),
  };
  return { fake, freed };
}

describe('elements on a device', () => {
  it('are freed once, when nobody holds them any more', () => {
    const { fake, freed } = device();
    const resident = new Resident(fake, 1, type);
    expect([resident.hold(), resident.hold()]).toEqual([1, 1]);
    resident.dispose();
    resident.letGo();
    expect(freed).toEqual([]);
    resident.letGo();
    resident.dispose();
    expect(freed).toEqual([1]);
    expect(() => resident.hold()).toThrow('the elements of float32 [2] have been freed');
  });

  it('are read although they are disposed of meanwhile', async () => {
    const { fake, freed } = device();
    const resident = new Resident(fake, 7, type);
    const reading = resident.read();
    resident.dispose();
    expect(freed).toEqual([]);
    expect(await reading).toEqual({ ...type, data: Float32Array.of(7, 7) });
    expect(freed).toEqual([7]);
  });

  it('reach a run from anywhere, and stay until it ends', async () => {
    const [own, other] = [device(), device()];
    const [first, second] = [new Resident(own.fake, 1, type), new Resident(other.fake, 2, type)];
    const value = { ...type, data: Float32Array.of(3, 3) };
    const run = withInputs(own.fake, [first, second, value], async (given) => {
      first.dispose();
      await Promise.resolve();
      expect(own.freed).toEqual([]);
      return given;
    });
    expect(await run).toEqual([
      { handle: 1 },
      { value: { ...type, data: Float32Array.of(2, 2) } },
      { value },
    ]);
    expect(own.freed).toEqual([1]);
    expect(other.freed).toEqual([]);
  });

  it('are let go when a run fails', async () => {
    const { fake, freed } = device();
    const resident = new Resident(fake, 1, type);
    await expect(
      withInputs(fake, [resident], async () => Promise.reject(new Error('broken'))),
    ).rejects.toThrow('broken');
    resident.dispose();
    expect(freed).toEqual([1]);
  });

  it('are freed when they can no longer be reached', async () => {
    setFlagsFromString('--expose-gc');
    const collectGarbage = runInNewContext('gc') as () => void;
    const { fake, freed } = device();
    for (let handle = 0; handle < 100; handle++) new Resident(fake, handle, type);
    await expect
      .poll(() => {
        collectGarbage();
        return freed.length;
      })
      .toBeGreaterThan(90);
  });
});
