import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { call } from './testing/call.js';
import { syntheticEntry, syntheticExperiment } from './testing/synthetic.js';

const registry = ['climb', 'stroll'].map((slug) => syntheticEntry(syntheticExperiment({ slug })));

/** A folder in which both experiments have been recorded. */
async function recordedFolder(): Promise<string> {
  return (await call(['reproduce'], { registry })).workingDir;
}

describe('report', () => {
  it('makes a page for each recorded paper, and an index', async () => {
    const workingDir = await recordedFolder();
    const { exitCode, stdout } = await call(['report'], { registry, workingDir });
    expect([exitCode, stdout]).toEqual([0, `Written to ${join(workingDir, 'report/index.html')}\n`]);
    expect(await readdir(join(workingDir, 'report'))).toEqual(['climb.html', 'index.html', 'stroll.html']);
    const page = await readFile(join(workingDir, 'report/climb.html'), 'utf8');
    expect(page).toContain('<title>About climb – Evenkeel</title>');
    expect(page).toContain(registry[0]!.paper.published[0]!.values[0]!.arm);
    expect(await readFile(join(workingDir, 'report/index.html'), 'utf8')).toContain('href="./stroll.html"');
  });

  it('makes one page where a file is asked for', async () => {
    const workingDir = await recordedFolder();
    await call(['report', 'stroll', '--out', 'a/page.html'], { registry, workingDir });
    expect(await readdir(join(workingDir, 'a'))).toEqual(['page.html']);
    const { exitCode, stderr } = await call(['report', '--out', 'page.html'], { registry, workingDir });
    expect([exitCode, stderr]).toEqual([2, 'report: --out: got page.html for 2 pages, expected a folder\n']);
  });

  it('leaves out files of the folder that are no results, and says so', async () => {
    const workingDir = await recordedFolder();
    await writeFile(join(workingDir, 'results/another.json'), '{}');
    const { exitCode, stderr } = await call(['report'], { registry, workingDir });
    expect(exitCode).toBe(0);
    expect(stderr).toContain('another.json: left out: parseResults.format: got nothing');
    expect(await readdir(join(workingDir, 'report'))).not.toContain('another.html');
  });

  it('refuses papers that have no results', async () => {
    const workingDir = await recordedFolder();
    const { exitCode, stderr } = await call(['report', 'climb', 'walk'], { registry, workingDir });
    expect(exitCode).toBe(2);
    expect(stderr).toMatch(
      /^report: SLUG: walk has no recorded results in \S+; evenkeel reproduce walk makes them\n$/,
    );
    await mkdir(join(workingDir, 'empty'));
    const none = await call(['report', '--results', 'empty'], { registry, workingDir });
    expect(none.stderr).toMatch(/^report: no recorded results in \S+empty; evenkeel reproduce makes them\n$/);
  });
});

describe('reproduce --report', () => {
  it('makes the pages of what it has run', async () => {
    const { exitCode, stderr, workingDir } = await call(['reproduce', 'climb', '--report', 'climb.html'], {
      registry,
    });
    expect(exitCode).toBe(0);
    expect(stderr).toContain(`report: ${join(workingDir, 'climb.html')}\n`);
    expect(await readFile(join(workingDir, 'climb.html'), 'utf8')).toContain('The ladder climbs higher.');
  });

  it('refuses one file for several papers before anything runs', async () => {
    const { exitCode, stderr, workingDir } = await call(['reproduce', '--report', 'all.html'], { registry });
    expect([exitCode, stderr]).toEqual([
      2,
      'reproduce: --report: got all.html for 2 pages, expected a folder\n',
    ]);
    expect(await readdir(workingDir)).toEqual([]);
  });
});
