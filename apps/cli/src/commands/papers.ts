import type { PaperVerdict } from '@evenkeel/lab';
import { type Entry, type Example, families } from '@evenkeel/methods/papers';
import { refuseUnknown } from '../errors.js';
import { type Io, printJson, printLines } from '../io.js';
import { readRecorded, verdictMarks } from '../recorded.js';
import { listing } from '../table.js';

export interface PapersOptions {
  readonly family?: string;
  readonly json?: true;
}

/** One paper as `--json` writes it. */
interface ListedPaper {
  readonly slug: string;
  readonly title: string;
  readonly arxivId?: string;
  readonly date: string;
  readonly family: string;
  readonly repository?: string;
  readonly summary: string;
  readonly runnable: boolean;
  readonly verdict?: PaperVerdict;
}

/** One example as `--json` writes it. */
interface ListedExample {
  readonly slug: string;
  readonly title: string;
  readonly summary: string;
  readonly verdict?: PaperVerdict;
}

/** Lists papers, with the recorded verdict or whether they can be run, and apart from them the examples, which have no family. */
export async function papers(io: Io, options: PapersOptions): Promise<number> {
  const { family } = options;
  if (family !== undefined) refuseUnknown('papers: --family', family, 'a family', families);
  const entries = io.registry.filter((entry) => family === undefined || entry.paper.family === family);
  const listed = await Promise.all(entries.map((entry) => describe(io, entry)));
  const shown = family === undefined ? io.examples : [];
  const examples = await Promise.all(shown.map((example) => describeExample(io, example)));
  if (options.json) printJson(io.stdout, { papers: listed, examples });
  else printLines(io.stdout, [...lines(listed), ...exampleLines(examples)]);
  return 0;
}

async function describe(io: Io, { paper, experiment }: Entry): Promise<ListedPaper> {
  const { slug, title, arxivId, date, family, repository, summary } = paper;
  return {
    slug,
    title,
    ...(arxivId !== undefined && { arxivId }),
    date,
    family,
    ...(repository !== undefined && { repository }),
    summary,
    runnable: experiment !== undefined,
    ...(await recordedVerdict(io, slug)),
  };
}

async function describeExample(io: Io, { slug, title, summary }: Example): Promise<ListedExample> {
  return { slug, title, summary, ...(await recordedVerdict(io, slug)) };
}

async function recordedVerdict(io: Io, slug: string): Promise<{ verdict?: PaperVerdict }> {
  const recorded = await readRecorded(io, slug);
  return recorded ? { verdict: recorded.verdict } : {};
}

function lines(listed: readonly ListedPaper[]): string[] {
  const rows = listed.map(({ slug, family, date, runnable, verdict, title }) => {
    const state = verdict ? verdictMarks[verdict] : runnable ? 'runs' : 'not yet';
    return [slug, family, date, state, title];
  });
  const running = listed.filter((paper) => paper.runnable).length;
  const count = `${listed.length} ${listed.length === 1 ? 'paper' : 'papers'}, ${running} with an experiment`;
  return [...listing([['paper', 'family', 'date', 'verdict', 'title'], ...rows]), '', count];
}

function exampleLines(examples: readonly ListedExample[]): string[] {
  if (examples.length === 0) return [];
  const rows = examples.map(({ slug, verdict, title }) => [
    slug,
    verdict ? verdictMarks[verdict] : 'runs',
    title,
  ]);
  return ['', ...listing([['example', 'verdict', 'title'], ...rows])];
}
