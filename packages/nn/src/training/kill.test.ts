import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { build } from 'vite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { storage } from '#platform';
import { randomSource } from '../data/random.js';

const [steps, every] = [60, 4];

// Beside the packages that the program needs, so that it finds them.
const caches = fileURLToPath(new URL('../../../../node_modules/.cache/', import.meta.url));
let folder: string;

beforeAll(async () => {
  await mkdir(caches, { recursive: true });
  folder = await mkdtemp(`${caches}evenkeel-kill-`);
  const conditions = ['evenkeel-source', 'module', 'node'];
  await build({
    configFile: false,
    logLevel: 'error',
    ssr: { resolve: { conditions } },
    build: {
      ssr: fileURLToPath(new URL('./testing/child.ts', import.meta.url)),
      outDir: folder,
      target: 'node20',
      rollupOptions: { output: { entryFileNames: 'child.mjs' } },
    },
  });
}, 60_000);
afterAll(() => rm(folder, { recursive: true }));

/** Runs the program in a folder of its own; it is killed a moment after it has said so many lines. */
async function runIn(name: string, lines = Number.POSITIVE_INFINITY, moment = 0): Promise<string[]> {
  const args = [
    `${folder}/child.mjs`,
    `${folder}/${name}`,
    steps,
    every,
    lines === Number.POSITIVE_INFINITY ? 0 : 4,
  ];
  const child = spawn(process.execPath, args.map(String), { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = new Promise((resolve) => child.once('exit', resolve));
  const said: string[] = [];
  for await (const line of createInterface(child.stdout)) {
    said.push(line);
    if (said.length === lines) setTimeout(() => child.kill('SIGKILL'), moment);
  }
  await ended;
  return said;
}

const stepIn = (line: string): number => Number(line.split(' ')[1]);

describe('a process that is killed at any moment', () => {
  it('loses no more than the steps since its last checkpoint, and ends as if nothing had been', async () => {
    const random = randomSource(9);
    expect((await runIn('whole')).at(-1)).toBe(`end ${steps}`);
    let reached = 0;
    let kills = 0;
    for (;;) {
      const said = await runIn('killed', 6 + random.integer(14), 4 * random.uniform());
      const kept = reached - 1 - ((reached - 1) % every);
      if (reached > every) expect(stepIn(said[0]!)).toBeGreaterThanOrEqual(kept);
      reached = stepIn(said.at(-1)!);
      if (said.at(-1) === `end ${steps}`) break;
      kills++;
    }
    expect(kills).toBeGreaterThan(2);
    const [whole, killed] = [storage(`${folder}/whole`), storage(`${folder}/killed`)];
    const names = [steps - every, steps].flatMap((step) => [`${step}.json`, `${step}.safetensors`]);
    expect(await whole.list()).toEqual(names);
    expect(await killed.list()).toEqual(names);
    for (const name of names) expect(await killed.read(name)).toEqual(await whole.read(name));
  }, 60_000);
});
