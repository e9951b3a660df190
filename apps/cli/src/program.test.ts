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

/** A reproduction of a synthetic experiment in `cwd` that has finished at least two of its six runs. */
async function halfWay(cwd: string, slug = 'climb'): Promise<ChildProcess> {
  const child = spawn(process.execPath, [synthetic, 'reproduce', slug, '--jobs', '2'], { cwd });
  while ((await keptRuns(cwd)) < 2) await setTimeout(10);
  return child;
}

async function keptRuns(cwd: string): Promise<number> {
  const results = join(cwd, 'results');
  const names = existsSync(results) ? await readdir(results) : [];
  const name = names.find((each) => each.endsWith('.partial.json'));
  return name ? JSON.parse(await readFile(join(results, name), 'utf8')).length : 0;
}

/** Processes that did runs in `cwd` and are still there. */
async function survivors(cwd: string): Promise<number[]> {
  const pids = (await readFile(join(cwd, 'children.txt'), 'utf8')).trim().split('\n').map(Number);
  expect(pids.length).toBeGreaterThanOrEqual(2);
  return pids.filter((pid) => {
    try {
      return process.kill(pid, 0);
    } catch {
      return false;
    }
  });
}

/** Waits until every process that did runs in `cwd` is gone. */
async function untilAllAreGone(cwd: string): Promise<void> {
  while ((await survivors(cwd)).length > 0) await setTimeout(20);
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
    expect(JSON.parse(stdout).papers).toHaveLength(37);
    expect([exitCode, stderr]).toEqual([0, '']);
  });

  it('ends with exit code 2 and one line on bad usage', async () => {
    const { exitCode, stdout, stderr } = await node([program, 'run', 'anylos']);
    expect(stderr).toBe('run: SLUG: got "anylos", expected a paper or an example such as anyloss\n');
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
    await untilAllAreGone(killed);
    expect(existsSync(join(killed, 'results/climb.json'))).toBe(false);
    const again = await node([synthetic, 'reproduce', 'climb'], killed);
    expect(again.stderr).toMatch(/going on, [2-5] of 6 runs are done/);
    expect(again.exitCode).toBe(0);
    await node([synthetic, 'reproduce', 'climb', '--jobs', '1'], whole);
    expect(await recordedIn(killed)).toBe(await recordedIn(whole));
    expect(await readdir(join(killed, 'results'))).toEqual(['climb.json']);
    expect(await survivors(killed)).toEqual([]);
  });

  it('leaves no process behind after kill -9, not even one whose thread never comes free', async () => {
    const folder = await temporaryFolder();
    const child = await halfWay(folder, 'spin');
    while ((await keptRuns(folder)) < 5) await setTimeout(10);
    await stop(child, 'SIGKILL');
    await untilAllAreGone(folder);
  });

  it('keeps finished runs on Ctrl-C, ends as shells expect and leaves no process behind', async () => {
    const folder = await temporaryFolder();
    expect(await stop(await halfWay(folder), 'SIGINT')).toBe(130);
    expect(await readdir(join(folder, 'results'))).toEqual([expect.stringMatching(/\.partial\.json$/)]);
    expect(await survivors(folder)).toEqual([]);
  });

  it('ends a run of which nothing is heard, tells the last words of one that dies, and does the others', async () => {
    const folder = await temporaryFolder();
    const argv = [synthetic, 'reproduce', 'hang', 'crash', 'climb', '--patience', '5', '--json'];
    const { exitCode, stdout, stderr } = await node(argv, folder);
    expect(exitCode).toBe(1);
    const { results, failures } = JSON.parse(stdout);
    expect(results.map(({ paper }: { paper: string }) => paper)).toEqual(['climb']);
    const lost = { arm: 'ladder', seed: 4 };
    expect(failures).toHaveLength(2);
    expect(failures).toContainEqual({ paper: 'hang', ...lost, message: 'nothing heard for 5 s' });
    const message = 'the process ended with exit code 3\nthe last words';
    expect(failures).toContainEqual({ paper: 'crash', ...lost, message });
    expect(stderr).toContain(': the process ended with exit code 3\n    the last words\n');
    expect(await survivors(folder)).toEqual([]);
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
