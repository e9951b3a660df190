import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Experiment, parseResults, type Results } from '@evenkeel/lab';
import { describe, expect, it } from 'vitest';
import { call, temporaryFolder } from './testing/call.js';
import { syntheticEntry, syntheticExperiment } from './testing/synthetic.js';

const recordedIn = async (folder: string, slug = 'climb') =>
  parseResults(await readFile(join(folder, `results/${slug}.json`), 'utf8'));

const withoutTimes = ({ arms, seconds: _, finishedAt: __, ...rest }: Results) => ({
  ...rest,
  arms: arms.map(({ seconds: _, runs, ...arm }) => ({
    ...arm,
    runs: runs.map(({ seconds: _, ...run }) => run),
  })),
});

const oneJob = ['--jobs', '1'];

/** The experiment with a count of the runs that its arms have begun, and a controller aborted by the run `last`. */
function counted(experiment: Experiment, last = Number.POSITIVE_INFINITY) {
  const controller = new AbortController();
  const begun: string[] = [];
  const arms = experiment.arms.map((arm) => ({
    ...arm,
    run(context: Parameters<typeof arm.run>[0]) {
      begun.push(`${arm.name} ${context.seed}`);
      if (begun.length === last) controller.abort(new Error('stopped'));
      return arm.run(context);
    },
  }));
  return { entry: syntheticEntry({ ...experiment, arms }), begun, signal: controller.signal };
}

describe('reproduce', () => {
  it('records the results of every experiment and shows claims with what was measured', async () => {
    const { exitCode, stdout, workingDir } = await call(['reproduce']);
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/score +24\.0 % ± 1\.0 % +94\.0 % ± 1\.0 %/);
    expect(stdout).toContain('● shows: The ladder climbs higher.');
    expect(stdout).toContain(
      '    ✓ mean score of ladder arm ≥ 80 %: 94.0 %, 95 % interval 93.0 to 95.0, 3 seeds',
    );
    expect(stdout).toContain(
      '    ✓ score of ladder arm minus slope arm ≥ 50 points in every seed: +70.0 points with each of 3 seeds',
    );
    expect(stdout).toContain('– not tested here: It is safe.\n    Nobody fell.');
    expect(stdout).toContain('● reproduced: 1 of 1 tested claims show, with 3 seeds.');
    expect(await recordedIn(workingDir)).toMatchObject({ verdict: 'reproduced', seeds: [3, 4, 5] });
    expect(await readdir(join(workingDir, 'results'))).toEqual(['climb.json']);
  });

  it('writes the results as one JSON document and where --out says', async () => {
    const { stdout, workingDir } = await call(['reproduce', 'climb', '--out', 'deep/er', '--json']);
    const document = JSON.parse(stdout);
    expect(document.failures).toEqual([]);
    const written = await readFile(join(workingDir, 'deep/er/climb.json'), 'utf8');
    expect(document.results).toEqual([JSON.parse(written)]);
  });

  it('ends with exit code 1 when a claim does not show', async () => {
    const registry = [syntheticEntry(syntheticExperiment({ top: 0.3 }))];
    const { exitCode, stdout } = await call(['reproduce'], { registry });
    expect(exitCode).toBe(1);
    expect(stdout).toContain('✗ mean score of ladder arm ≥ 80 %: 34.0 %');
    expect(stdout).toContain('○ not reproduced: 0 of 1 tested claims show');
  });

  it('goes on with the other runs and papers when a run fails, and ends with exit code 1', async () => {
    const broken = syntheticExperiment({ slug: 'broken' });
    const arms = broken.arms.map((arm) => ({
      ...arm,
      run(context: Parameters<typeof arm.run>[0]) {
        if (arm.name === 'ladder' && context.seed === 4) throw new Error('the ladder broke');
        return arm.run(context);
      },
    }));
    const registry = [syntheticEntry({ ...broken, arms }), syntheticEntry(syntheticExperiment())];
    const { exitCode, stdout, stderr, workingDir } = await call(['reproduce', '--json'], { registry });
    expect(exitCode).toBe(1);
    expect(stderr).toContain('reproduce: broken: arm ladder, seed 4: the ladder broke\n');
    expect(JSON.parse(stdout).failures).toEqual([
      { paper: 'broken', arm: 'ladder', seed: 4, message: 'the ladder broke' },
    ]);
    expect((await recordedIn(workingDir)).verdict).toBe('reproduced');
    const again = await call(['reproduce', 'broken'], { registry, workingDir });
    expect(again.stderr).toContain('broken: going on, 5 of 6 runs are done');
  });

  it('tells of an experiment that cannot be loaded and does the others', async () => {
    const entry = syntheticEntry(syntheticExperiment({ slug: 'absent' }));
    const absent = { ...entry, experiment: () => Promise.reject(new Error('no such module')) };
    const registry = [absent, syntheticEntry(syntheticExperiment())];
    const { exitCode, stdout } = await call(['reproduce', '--json'], { registry });
    expect(exitCode).toBe(1);
    expect(JSON.parse(stdout).failures).toEqual([{ paper: 'absent', message: 'no such module' }]);
    expect(JSON.parse(stdout).results).toHaveLength(1);
  });

  it('does several runs at a time and gives the same results, in the order that was asked for', async () => {
    const slugs = ['stroll', 'climb'];
    const registry = slugs.map((slug) => syntheticEntry(syntheticExperiment({ slug, stepMilliseconds: 1 })));
    const [alone, together] = await Promise.all(
      ['1', '5'].map((jobs) => call(['reproduce', ...slugs, '--jobs', jobs, '--json'], { registry })),
    );
    const resultsOf = ({ stdout }: { stdout: string }): Results[] => JSON.parse(stdout).results;
    expect(resultsOf(together!).map(({ paper }) => paper)).toEqual(slugs);
    expect(resultsOf(together!).map(withoutTimes)).toEqual(resultsOf(alone!).map(withoutTimes));
  });

  it('loads data once for each seed where one worker does its runs', async () => {
    const loaded: number[] = [];
    const experiment = syntheticExperiment();
    const load = ({ seed }: { seed: number }) => {
      loaded.push(seed);
    };
    const registry = [syntheticEntry({ ...experiment, data: { ...experiment.data, load } })];
    await call(['reproduce', ...oneJob], { registry });
    expect(loaded).toEqual([3, 4, 5]);
  });

  it('records the results of examples as those of papers', async () => {
    const experiment = syntheticExperiment({ slug: 'digits' });
    const digits = { slug: 'digits', title: 'Digits', summary: 'none', experiment: async () => experiment };
    const { exitCode, stdout, workingDir } = await call(['reproduce', 'digits'], { examples: [digits] });
    expect([exitCode, stdout]).toEqual([0, expect.stringContaining('● reproduced')]);
    expect((await recordedIn(workingDir, 'digits')).paper).toBe('digits');
  });

  it('goes on where it was stopped and gives the same results apart from times', async () => {
    const workingDir = await temporaryFolder();
    const first = counted(syntheticExperiment(), 4);
    const stopped = await call(['reproduce', ...oneJob], {
      workingDir,
      registry: [first.entry],
      signal: first.signal,
    });
    expect(stopped.exitCode).toBe(1);
    expect(stopped.stderr).toContain('finished runs are kept');
    expect(await readdir(join(workingDir, 'results'))).toEqual([
      expect.stringMatching(/^climb\.[0-9a-f]{16}\.partial\.json$/),
    ]);

    const second = counted(syntheticExperiment());
    const { stderr } = await call(['reproduce', ...oneJob], { workingDir, registry: [second.entry] });
    expect(stderr).toContain('climb: going on, 3 of 6 runs are done');
    expect(second.begun).toEqual(['ladder 4', 'slope 5', 'ladder 5']);
    expect(await readdir(join(workingDir, 'results'))).toEqual(['climb.json']);

    const whole = await call(['reproduce']);
    expect(withoutTimes(await recordedIn(workingDir))).toEqual(
      withoutTimes(await recordedIn(whole.workingDir)),
    );
  });

  it('starts over when code has changed, also where the definition of the experiment does not show it', async () => {
    const workingDir = await temporaryFolder();
    const first = counted(syntheticExperiment(), 4);
    await call(['reproduce', ...oneJob], {
      workingDir,
      registry: [first.entry],
      signal: first.signal,
      code: 'a',
    });
    const second = counted(syntheticExperiment());
    await call(['reproduce', ...oneJob], { workingDir, registry: [second.entry], code: 'b' });
    expect(second.begun).toHaveLength(6);
    expect(await readdir(join(workingDir, 'results'))).toEqual(['climb.json']);
  });

  it('starts over when the experiment has changed or its kept runs cannot be read', async () => {
    const workingDir = await temporaryFolder();
    const first = counted(syntheticExperiment(), 3);
    await call(['reproduce', ...oneJob], { workingDir, registry: [first.entry], signal: first.signal });

    const changed = counted({ ...syntheticExperiment(), question: 'Which one falls?' }, 3);
    await call(['reproduce', ...oneJob], { workingDir, registry: [changed.entry], signal: changed.signal });
    expect(changed.begun).toEqual(['slope 3', 'ladder 3', 'slope 4']);

    const results = join(workingDir, 'results');
    for (const name of await readdir(results)) await writeFile(join(results, name), '[{"arm":');
    const again = counted(syntheticExperiment());
    const { exitCode } = await call(['reproduce', ...oneJob], { workingDir, registry: [again.entry] });
    expect(exitCode).toBe(0);
    expect(again.begun).toHaveLength(6);
    expect(await readdir(results)).toEqual(['climb.json']);
  });
});
