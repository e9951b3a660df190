import { mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { storage } from '#platform';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'evenkeel-storage-'));
});
afterEach(() => rm(folder, { recursive: true }));

describe('storage in a folder', () => {
  it('keeps, replaces, lists and removes files', async () => {
    const kept = storage(join(folder, 'a/b'));
    expect(await kept.list()).toEqual([]);
    expect(await kept.read('one.json')).toBeUndefined();
    await kept.write('two', Uint8Array.of(2));
    await kept.write('one.json', Uint8Array.of(1));
    await kept.write('one.json', Uint8Array.of(1, 1));
    expect(await kept.list()).toEqual(['one.json', 'two']);
    expect(await kept.read('one.json')).toEqual(Uint8Array.of(1, 1));
    await kept.remove('one.json');
    await kept.remove('one.json');
    expect(await kept.list()).toEqual(['two']);
  });

  it('leaves no half-written files, and removes those that others left long ago', async () => {
    const [old, fresh] = ['old', 'new'].map((name) => `.${name}.${crypto.randomUUID()}`) as [string, string];
    for (const name of [old, fresh, '.hidden']) await writeFile(join(folder, name), '');
    const long = new Date(Date.now() - 3_600_000);
    for (const name of [old, '.hidden']) await utimes(join(folder, name), long, long);
    const kept = storage(folder);
    await Promise.all(Array.from({ length: 8 }, (_, i) => kept.write('same', new Uint8Array(1000).fill(i))));
    expect(new Set(await kept.read('same')).size).toBe(1);
    expect((await readdir(folder)).sort()).toEqual(['.hidden', fresh, 'same'].sort());
    expect(await kept.list()).toEqual(['same']);
  });

  it('refuses what is no file name', async () => {
    expect(() => storage('')).toThrow('storage: expected the path of a folder, got an empty text');
    for (const name of ['../x', 'a/b', '.hidden', '', 'a b']) {
      await expect(storage(folder).write(name, new Uint8Array())).rejects.toThrow(
        `storage: expected a name of letters, digits, dots, dashes and underscores, got ${JSON.stringify(name)}`,
      );
    }
  });
});
