import { mkdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { digestOf } from './code.js';
import { temporaryFolder } from './testing/call.js';

it('the digest of a folder changes with every program in it, and with nothing else', async () => {
  const folder = await temporaryFolder();
  await mkdir(join(folder, 'below'));
  const write = (name: string, text: string) => writeFile(join(folder, name), text);
  await write('a.js', 'one');
  await write('below/b.js', 'two');
  const seen = [await digestOf(folder)];
  for (const change of [
    () => write('below/b.js', 'three'),
    () => write('below/c.js', ''),
    () => rename(join(folder, 'a.js'), join(folder, 'd.js')),
  ]) {
    await change();
    seen.push(await digestOf(folder));
  }
  expect(new Set(seen).size).toBe(4);
  await write('a.test.js', 'a test');
  await write('a.js.map', 'a map');
  expect(await digestOf(folder)).toBe(seen.at(-1));
});
