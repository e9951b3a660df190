import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { randomSource } from '@evenkeel/nn';
import { randomKey } from '@evenkeel/tensor';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { examples, findPaper } from '../registry.js';
import { CharacterTransformer, write } from './sotu-transformer/model.js';
import { characters, loadSpeeches, plain } from './sotu-transformer/speeches.js';

let cache: string;
beforeAll(async () => {
  cache = await mkdtemp(join(tmpdir(), 'evenkeel-examples-'));
  vi.stubEnv('EVENKEEL_CACHE', cache);
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await rm(cache, { recursive: true });
});

describe.each(examples)('$slug', ({ slug, experiment }) => {
  it('has a name of its own, which its results get', async () => {
    expect(findPaper(slug)).toBeUndefined();
    expect((await experiment()).paper).toBe(slug);
  });

  it('takes a first step with every arm, and the same one again', async () => {
    const { arms, data } = await experiment();
    const loaded = await data.load({ seed: 5, budget: 'quick' });
    for (const arm of arms) {
      const first = async () => {
        for await (const progress of arm.run({ data: loaded, seed: 5, budget: 'quick' })) return progress;
        throw new Error(`${arm.name} did nothing`);
      };
      const progress = await first();
      expect(progress.step).toBe(1);
      expect(progress.steps).toBeGreaterThan(1);
      for (const value of Object.values(progress.metrics)) expect(value).toBeGreaterThan(0);
      expect(await first()).toEqual(progress);
    }
  }, 60_000);
});

describe('the speeches', () => {
  it('come in three parts by seed: a tenth to choose with, a tenth held out, the rest', async () => {
    const [parts, other] = [await loadSpeeches({ seed: 1 }), await loadSpeeches({ seed: 2 })];
    const all = (one: typeof parts) => one.train.length + one.validation.length + one.test.length;
    expect(all(parts)).toBe(all(other));
    const same = (a: typeof parts, b: typeof parts) =>
      (['train', 'validation', 'test'] as const).map((part) =>
        Buffer.from(a[part].buffer).equals(Buffer.from(b[part].buffer)),
      );
    expect(same(parts, other)).toEqual([false, false, false]);
    const ends = (tokens: Int32Array) => tokens.reduce((total, token) => total + Number(token === 0), 0);
    expect([ends(parts.train), ends(parts.validation), ends(parts.test)]).toEqual([187, 23, 23]);
    expect(same(await loadSpeeches({ seed: 1 }), parts)).toEqual([true, true, true]);
  });

  it('are of printable ASCII', () => {
    expect(characters.size).toBe(96);
    expect(plain('“It’s—°\u0002 ‘so’”\n')).toBe("\"It's- 'so'\"");
  });

  it('are gone on with by the seed, from any length of prompt', async () => {
    const model = new CharacterTransformer(randomKey(3));
    const written = (prompt: string, seed: number, temperature = 1) =>
      write(model, prompt, { length: 5, temperature, random: randomSource(seed) });
    const [short, long] = ['W', 'We the people '.repeat(10)];
    for (const prompt of [short, long]) {
      const text = await written(prompt, 0);
      expect(text.length).toBe(prompt.length + 5);
      expect(text.startsWith(prompt)).toBe(true);
      expect(await written(prompt, 0)).toBe(text);
    }
    expect(await written(short, 1)).not.toBe(await written(short, 0));
    // Close to 0, the likeliest character comes whatever is drawn.
    expect(await written(short, 1, 1e-6)).toBe(await written(short, 0, 1e-6));
    // What lies further back than a window is not seen.
    expect((await written(`x${long}`, 0)).slice(-5)).toBe((await written(long, 0)).slice(-5));
  });
});
