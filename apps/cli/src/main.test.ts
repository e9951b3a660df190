import { mkdir, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { buildResults, runExperiment } from '@evenkeel/lab';
import { papers, registry } from '@evenkeel/methods/papers';
import { describe, expect, it } from 'vitest';
import { follow } from './experiments.js';
import { call, temporaryFolder } from './testing/call.js';
import { paperOnly, syntheticEntry, syntheticExperiment } from './testing/synthetic.js';

/** A folder with a recorded result of the synthetic experiment. */
async function folderWithResults(): Promise<string> {
  const folder = await temporaryFolder();
  const experiment = syntheticExperiment();
  const runs = await follow(runExperiment(experiment), () => {});
  const machine = { processor: 'any', cores: 1, system: 'any' };
  const results = buildResults(experiment, runs, {
    machine,
    versions: {},
    finishedAt: '2026-01-31T12:00:00Z',
  });
  await mkdir(join(folder, 'results'));
  await writeFile(join(folder, 'results/climb.json'), JSON.stringify(results));
  return folder;
}

describe('bad usage', () => {
  it.each([
    ['an unknown command', ['rnu'], 'evenkeel: command: got "rnu", expected one such as run'],
    [
      'an unknown command of the feed',
      ['feed', 'serach'],
      'feed: command: got "serach", expected one such as search',
    ],
    ['an unknown option', ['papers', '--jsn'], 'papers: option: got "--jsn", expected one such as --json'],
    [
      'an unknown paper',
      ['run', 'clim'],
      'run: SLUG: got "clim", expected a paper or an example such as climb',
    ],
    [
      'an unknown arm',
      ['run', 'climb', '--arm', 'lader'],
      'run: --arm: got "lader", expected an arm of climb such as ladder',
    ],
    [
      'an unknown family',
      ['papers', '--family', 'visio'],
      'papers: --family: got "visio", expected a family such as vision',
    ],
    [
      'a paper without an experiment',
      ['run', 'bytescale'],
      'run: SLUG: bytescale has no experiment yet; those that run: climb',
    ],
    [
      'one of them among others',
      ['reproduce', 'climb', 'bytescale'],
      'reproduce: SLUG: bytescale has no experiment',
    ],
    ['a missing argument', ['run'], "run: missing required argument 'slug'; see evenkeel run --help"],
    ['too many arguments', ['papers', 'all'], 'papers: too many arguments'],
    ['a bad seed', ['run', 'climb', '--seed', '-1'], 'run: --seed: got "-1", expected a whole number from 0'],
    [
      'a bad port',
      ['serve', '--port', '65536'],
      'serve: --port: got "65536", expected a whole number from 0 to 65535',
    ],
    ['a bad limit', ['feed', 'search', 'x', '--limit', '0'], 'feed search: --limit: got "0"'],
    ['no such day', ['feed', 'import', 'x', '--date', '2025-02-30'], 'feed import: --date: got "2025-02-30"'],
    ['no such file', ['feed', 'import', 'x.txt'], 'feed import: FILE: got x.txt (no such file)'],
    ['control characters', ['run', 'a\u001b[2J\nb'], 'run: SLUG: got "a [2J b"'],
  ])('%s is one line and exit code 2', async (_, argv, message) => {
    const { exitCode, stdout, stderr } = await call(argv);
    expect(stderr).toContain(message);
    expect(stderr).toMatch(/^[^\n]+\n$/);
    expect(stdout).toBe('');
    expect(exitCode).toBe(2);
  });

  it('no command is help on standard error and exit code 2', async () => {
    const { exitCode, stdout, stderr } = await call([]);
    expect(stderr).toContain('Usage: evenkeel');
    expect([exitCode, stdout]).toEqual([2, '']);
  });
});

describe('help and version', () => {
  it.each([['--help'], ['run', '--help'], ['help', 'feed'], ['--version']])(
    '%s %s is no error',
    async (...argv) => {
      const { exitCode, stdout, stderr } = await call(argv);
      expect(stdout).not.toBe('');
      expect([exitCode, stderr]).toEqual([0, '']);
    },
  );
});

describe('papers', () => {
  it('writes every paper of the catalogue as JSON', async () => {
    const { exitCode, stdout } = await call(['papers', '--json'], { registry });
    const listed = JSON.parse(stdout).papers;
    expect(exitCode).toBe(0);
    expect(listed.map((paper: { slug: string }) => paper.slug)).toEqual(papers.map((paper) => paper.slug));
    const [first] = papers;
    expect(listed[0]).toMatchObject({ title: first!.title, date: first!.date, summary: first!.summary });
  });

  it('tells which papers run and what was recorded', async () => {
    const { stdout } = await call(['papers', '--json'], { workingDir: await folderWithResults() });
    const listed = JSON.parse(stdout).papers;
    expect(listed).toMatchObject([
      { slug: 'climb', runnable: true, verdict: 'reproduced' },
      { slug: 'bytescale', runnable: false },
    ]);
    expect(listed[1]).not.toHaveProperty('verdict');
  });

  it('lists examples apart from the papers', async () => {
    const experiment = syntheticExperiment({ slug: 'digits' });
    const digits = { slug: 'digits', title: 'Digits', summary: 'Reads.', experiment: async () => experiment };
    const { stdout } = await call(['papers'], { examples: [digits] });
    expect(stdout).toMatch(/1 with an experiment\n\nexample +verdict +title\ndigits +runs +Digits\n$/);
    const json = await call(['papers', '--json'], { examples: [digits] });
    expect(JSON.parse(json.stdout).examples).toEqual([
      { slug: 'digits', title: 'Digits', summary: 'Reads.' },
    ]);
    const family = await call(['papers', '--family', 'vision'], { examples: [digits] });
    expect(family.stdout).not.toContain('digits');
  });

  it('lists one family as a table', async () => {
    const { stdout } = await call(['papers', '--family', 'distributed']);
    expect(stdout).toMatch(/^bytescale +distributed +\S+ +not yet +ByteScale/m);
    expect(stdout).not.toContain('climb');
    expect(stdout).toMatch(/1 paper, 0 with an experiment\n$/);
  });

  it('leaves out a results file that cannot be read, and says so', async () => {
    const workingDir = await folderWithResults();
    await writeFile(join(workingDir, 'results/climb.json'), '{"format": 0}');
    const { exitCode, stdout, stderr } = await call(['papers', '--json'], { workingDir });
    expect(exitCode).toBe(0);
    expect(JSON.parse(stdout).papers[0]).not.toHaveProperty('verdict');
    expect(stderr).toContain('climb.json: left out: parseResults.format: got 0, expected one of 2');
  });
});

describe('run', () => {
  it('runs the live arms with the first seed and shows a table', async () => {
    const { exitCode, stdout, stderr } = await call(['run', 'climb']);
    expect(exitCode).toBe(0);
    expect(stdout).toContain('climb, seed 3: Which one climbs higher?');
    expect(stdout).toMatch(/slope arm +ladder arm\nscore +23\.0 % +93\.0 %\nheight +23 +93\ntime +\S+/);
    expect(stdout).toContain('No verdict is recorded yet');
    expect(stderr).toContain('[2/2] ladder arm, seed 3: done, score 93.0 %');
  });

  it('leaves arms that are not live to those who ask for them', async () => {
    const options = { registry: [syntheticEntry(syntheticExperiment({ live: false }))] };
    const arms = async (...more: string[]) => {
      const { stdout } = await call(['run', 'climb', '--json', ...more], options);
      return JSON.parse(stdout).runs.map((run: { arm: string }) => run.arm);
    };
    expect(await arms()).toEqual(['ladder']);
    expect(await arms('--arm', 'slope')).toEqual(['slope']);
    expect(await arms('--arm', 'slope', 'ladder')).toEqual(['slope', 'ladder']);
    expect(await arms('--arm', 'ladder', '--arm', 'slope')).toEqual(['slope', 'ladder']);
  });

  it('writes one JSON document with the seed, the budget and the recorded verdict', async () => {
    const argv = ['run', 'climb', '--quick', '--seed', '7', '--json'];
    const { stdout } = await call(argv, { workingDir: await folderWithResults() });
    const document = JSON.parse(stdout);
    expect(document).toMatchObject({
      paper: 'climb',
      seed: 7,
      budget: 'quick',
      recorded: { verdict: 'reproduced' },
    });
    expect(document.runs[0].curve).toHaveLength(5);
  });

  it('shows the recorded verdict', async () => {
    const { stdout } = await call(['run', 'climb'], { workingDir: await folderWithResults() });
    expect(stdout).toContain('Recorded: ● reproduced: 1 of 1 tested claims show, with 3 seeds.');
  });

  it('draws bars on a terminal', async () => {
    const { stderr } = await call(['run', 'climb'], { terminal: true });
    expect(stderr).toContain('━'.repeat(24));
    expect(stderr).not.toContain('started');
  });

  it('tells an error of an arm in one line, with its stack only when asked', async () => {
    const experiment = syntheticExperiment();
    const arms = experiment.arms.map((arm) => ({
      ...arm,
      // biome-ignore lint/correctness/useYield: it fails at once
      async *run() {
        throw new Error('the ladder\nbroke');
      },
    }));
    const options = { registry: [syntheticEntry({ ...experiment, arms } as typeof experiment)] };
    const plain = await call(['run', 'climb', '--json'], options);
    expect(plain.exitCode).toBe(1);
    expect(plain.stdout).toBe('');
    expect(plain.stderr).toMatch(/\nthe ladder broke\n$/);
    const debugged = await call(['run', 'climb'], { ...options, debug: true });
    expect(debugged.stderr).toMatch(/\n {4}at /);
  });
});

describe('feed', () => {
  const page =
    'Daily Papers\n\nDec 11\n\nA Paper About Nothing\n\nIt studies nothing.\n\n  • 3 authors\n·\nMay 21\n\n';

  /** Imports the page from a file of this name and tells on which day's list it stands. */
  async function importedDay(name: string, ...more: string[]): Promise<string> {
    const workingDir = await temporaryFolder();
    const path = join(workingDir, name);
    await writeFile(path, page);
    await utimes(path, new Date(2019, 0, 5), new Date(2019, 0, 5));
    const { exitCode, stdout } = await call(['feed', 'import', name, '--json', ...more], { workingDir });
    expect(exitCode).toBe(0);
    return JSON.parse(stdout).date;
  }

  it('imports a page saved on the day told, in the file name, or of its last change', async () => {
    expect(await importedDay('page-2023-12-20.txt', '--date', '2024-12-20')).toBe('2024-12-11');
    expect(await importedDay('page-2023-12-20.txt')).toBe('2023-12-11');
    expect(await importedDay('page-2023-99-20.txt')).toBe('2018-12-11');
  });

  it('finds what was imported, without the control characters that came with it', async () => {
    const workingDir = await temporaryFolder();
    await writeFile(join(workingDir, 'page.txt'), page.replace('Nothing', 'Nothing \u001b[31mRed'));
    const imported = await call(['feed', 'import', 'page.txt'], { workingDir });
    expect(imported.stdout).toMatch(/^\d{4}-12-11: 1 papers: 1 added, 0 updated, 0 unchanged\n$/);
    const { stdout } = await call(['feed', 'search', 'nothing'], { workingDir });
    expect(stdout).toContain('A Paper About Nothing');
    expect(stdout).not.toContain('\u001b');
  });

  it('finds the papers of the catalogue', async () => {
    const { exitCode, stdout } = await call(['feed', 'search', 'ByteScale', '--json']);
    expect(exitCode).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      query: 'ByteScale',
      hits: [{ paper: { slug: 'bytescale' } }],
    });
  });

  it('shows titles, or that nothing was found', async () => {
    const { stdout } = await call(['feed', 'search', 'bytescale', '--limit', '1']);
    expect(stdout).toContain(`${paperOnly.paper.title}\n    bytescale, `);
    expect(stdout).toMatch(/\n1 of \d+ found\n$/);
    const nothing = await call(['feed', 'search', 'qqqqq', 'zzzzz']);
    expect(nothing.stdout).toBe('nothing found for “qqqqq zzzzz”\n');
  });

  it('lets the models read the papers, by which searches then go too', async () => {
    const workingDir = await temporaryFolder();
    const titles = Array.from(
      { length: 20 },
      (_, index) => `Boat ${index} of the ${index % 2 ? 'sea' : 'lake'}`,
    );
    await writeFile(join(workingDir, 'page.json'), JSON.stringify(titles.map((title) => ({ title }))));
    await call(['feed', 'import', 'page.json'], { workingDir });
    const environment = { EVENKEEL_SEARCH_MODEL: 'corpus' };
    const embedded = await call(['feed', 'embed', '--json'], { workingDir, environment });
    expect(JSON.parse(embedded.stdout)).toMatchObject({
      index: 'hybrid',
      computed: true,
    });
    const again = await call(['feed', 'embed'], { workingDir, environment });
    expect(again.stdout).toMatch(
      /^0 papers read; (\d+) of \1 can be found by meaning \(latent semantic analysis\)\n$/,
    );
    const { stdout } = await call(['feed', 'search', 'lakf', 'boat'], { workingDir, environment });
    expect(stdout).toContain('searched for “lake boat”');
    expect(stdout).toContain('found by words and meaning (latent semantic analysis)');
  });

  it('refuses a file that is no page, with exit code 1', async () => {
    const workingDir = await temporaryFolder();
    await writeFile(join(workingDir, 'empty.txt'), '');
    const { exitCode, stderr } = await call(['feed', 'import', 'empty.txt'], { workingDir });
    expect(exitCode).toBe(1);
    expect(stderr).toMatch(/^importSavedPage: empty\.txt: got an empty file[^\n]*\n$/);
  });
});
