import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { copyFile, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, it } from 'vitest';
import { temporaryFolder } from './testing/call.js';

const pathOf = (relative: string) => fileURLToPath(new URL(relative, import.meta.url));
const program = pathOf('../bin/evenkeel.js');
const synthetic = pathOf('../dist/testing/syntheticProgram.js');
const buildScript = pathOf('../../../scripts/build.mjs');

/** Runs a program to its end. */
async function run(command: string, argv: readonly string[], cwd?: string) {
  const child = spawn(command, argv, { cwd });
  const output = { stdout: '', stderr: '' };
  child.stdout.on('data', (chunk) => (output.stdout += chunk));
  child.stderr.on('data', (chunk) => (output.stderr += chunk));
  const [exitCode] = await once(child, 'close');
  return { exitCode, ...output };
}

const node = (argv: readonly string[], cwd?: string) => run(process.execPath, argv, cwd);

/** A reproduction of the synthetic experiment in `cwd` that has finished at least two of its six runs. */
async function halfWay(cwd: string): Promise<ChildProcess> {
  const child = spawn(process.execPath, [synthetic, 'reproduce'], { cwd });
  const results = join(cwd, 'results');
  const kept = async () => {
    const name =
      existsSync(results) && (await readdir(results)).find((each) => each.endsWith('.partial.json'));
    return name ? JSON.parse(await readFile(join(results, name), 'utf8')).length : 0;
  };
  while ((await kept()) < 2) await setTimeout(10);
  return child;
}

async function stop(child: ChildProcess, signal: NodeJS.Signals): Promise<number | null> {
  child.kill(signal);
  const [exitCode] = await once(child, 'close');
  return exitCode;
}

async function recordedIn(cwd: string): Promise<string> {
  const text = await readFile(join(cwd, 'results/climb.json'), 'utf8');
  const times = new Set(['seconds', 'finishedAt']);
  return JSON.stringify(JSON.parse(text), (key, value) => (times.has(key) ? undefined : value));
}

beforeAll(async () => {
  await promisify(execFile)(process.execPath, [buildScript, '--packages']);
}, 120_000);

describe('the program', () => {
  it('writes exactly one JSON document to standard output', async () => {
    const { exitCode, stdout, stderr } = await node([program, 'papers', '--json']);
    expect(JSON.parse(stdout)).toHaveLength(37);
    expect([exitCode, stderr]).toEqual([0, '']);
  });

  it('ends with exit code 2 and one line on bad usage', async () => {
    const { exitCode, stdout, stderr } = await node([program, 'run', 'anylos']);
    expect(stderr).toBe('run: SLUG: got "anylos", expected a paper such as anyloss\n');
    expect([exitCode, stdout]).toEqual([2, '']);
  });

  it('is quiet when nobody reads its output any more', async () => {
    const { exitCode, stderr } = await run('bash', [
      '-c',
      `set -o pipefail; ${process.execPath} ${program} papers | true`,
    ]);
    expect([exitCode, stderr]).toEqual([0, '']);
  });

  it('gives the same results after kill -9 half way, apart from times', async () => {
    const [killed, whole] = [await temporaryFolder(), await temporaryFolder()];
    await stop(await halfWay(killed), 'SIGKILL');
    expect(existsSync(join(killed, 'results/climb.json'))).toBe(false);
    const again = await node([synthetic, 'reproduce'], killed);
    expect(again.stderr).toMatch(/going on, [2-5] of 6 runs are done/);
    expect(again.exitCode).toBe(0);
    await node([synthetic, 'reproduce'], whole);
    expect(await recordedIn(killed)).toBe(await recordedIn(whole));
    expect(await readdir(join(killed, 'results'))).toEqual(['climb.json']);
  });

  it('keeps finished runs on Ctrl-C and ends as shells expect', async () => {
    const folder = await temporaryFolder();
    expect(await stop(await halfWay(folder), 'SIGINT')).toBe(130);
    expect(await readdir(join(folder, 'results'))).toEqual([expect.stringMatching(/\.partial\.json$/)]);
  });

  it('serves the built site until it is told to stop', async () => {
    const child = spawn(process.execPath, [program, 'serve', '--port', '0'], {
      cwd: await temporaryFolder(),
    });
    const errors: string[] = [];
    child.stderr.on('data', (chunk) => errors.push(String(chunk)));
    const [line] = await Promise.race([once(child.stdout, 'data'), once(child, 'close')]);
    expect(String(line), errors.join('')).toMatch(/^Evenkeel is at http:\/\/localhost:\d+\n$/);
    const response = await fetch(`${String(line).trim().split(' ').at(-1)}/healthz`);
    expect(response.status).toBe(200);
    await response.text();
    expect(await stop(child, 'SIGTERM')).toBe(0);
    expect(errors).toEqual([]);
  });

  it('builds first when it is not built, and leaves standard output to the command', async () => {
    const folder = await temporaryFolder();
    const bin = join(folder, 'apps/cli/bin/evenkeel.js');
    await mkdir(join(folder, 'apps/cli/bin'), { recursive: true });
    await mkdir(join(folder, 'scripts'));
    await copyFile(program, bin);
    await writeFile(join(folder, 'package.json'), '{"type": "module"}');
    await writeFile(join(folder, 'scripts/build.mjs'), fakeBuild);
    const { exitCode, stdout, stderr } = await node([bin, 'x']);
    expect(stderr).toBe('evenkeel: not built yet, building first\nbuilding with --packages\n');
    expect([exitCode, stdout]).toEqual([7, 'ran x\n']);
  });
});

/** A build script whose program writes its argument and ends with exit code 7. */
const fakeBuild = `
import { mkdirSync, writeFileSync } from 'node:fs';
console.log('building with ' + process.argv.slice(2).join(' '));
const dist = new URL('../apps/cli/dist/', import.meta.url);
mkdirSync(dist);
writeFileSync(new URL('main.js', dist), "export const main = async ([word]) => (console.log('ran ' + word), 7);");
`;

describe('the build', () => {
  it('refuses what it does not know', async () => {
    const { exitCode, stderr } = await node([buildScript, '--package']);
    expect([exitCode, stderr]).toEqual([2, 'build: got --package, expected nothing or --packages\n']);
  });
});
