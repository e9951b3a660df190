import { readFile, stat } from 'node:fs/promises';
import { basename, resolve } from 'node:path';
import {
  type Feed,
  type ImportReport,
  isDay,
  openFeed,
  readableText,
  type SearchHit,
  type SearchResult,
  type SearchUpdate,
} from '@evenkeel/feed';
import { catalogueDay } from '@evenkeel/methods/papers';
import { reasonOf, UsageError } from '../errors.js';
import { feedLocation } from '../feedLocation.js';
import { type Io, type Output, oneLine, printJson, printLines } from '../io.js';

interface FeedOptions {
  readonly data: string;
  readonly json?: true;
}

export interface ImportOptions extends FeedOptions {
  readonly date?: string;
}

export interface SearchOptions extends FeedOptions {
  readonly limit: number;
}

/** Imports a daily-papers page saved as text. What could not be read of it is told on standard error. */
export async function importFile(io: Io, file: string, options: ImportOptions): Promise<number> {
  const path = resolve(io.workingDir, file);
  const { page, savedOn } = await readPage(path, options.date).catch((error) => {
    const got = `${file} (${reasonOf(error)})`;
    throw new UsageError(`feed import: FILE: got ${got}, expected a daily-papers page saved as text`, {
      cause: error,
    });
  });
  const report = await withFeed(io, options.data, (feed) =>
    feed.importSavedPage(page, { savedOn, name: basename(path) }),
  );
  printLines(
    io.stderr,
    report.problems.map(({ line, message }) => `${file}: line ${line}: ${message}`),
  );
  if (options.json) printJson(io.stdout, report);
  else printLines(io.stdout, [importLine(report)]);
  return 0;
}

/** Searches the papers of the feed. */
export async function search(io: Io, words: readonly string[], options: SearchOptions): Promise<number> {
  const result = await withFeed(io, options.data, (feed) =>
    feed.search(words.join(' '), { limit: options.limit }),
  );
  if (options.json) printJson(io.stdout, result);
  else printLines(io.stdout, searchLines(result));
  return 0;
}

/** Lets the models read every paper that they have not read yet. */
export async function embed(io: Io, options: FeedOptions): Promise<number> {
  const signal = io.interruption();
  const progress = startProgress(io.stderr);
  const done = await withFeed(io, options.data, (feed) =>
    feed.updateSearch({ signal, onProgress: ({ model, papers }) => progress(`${model}: ${papers} papers`) }),
  );
  if (options.json) printJson(io.stdout, done);
  else printLines(io.stdout, updateLines(done));
  return 0;
}

/** Lines of progress, at most one a second. */
function startProgress(output: Output): (line: string) => void {
  let next = 0;
  return (line) => {
    if (performance.now() < next) return;
    next = performance.now() + 1000;
    printLines(output, [line]);
  };
}

function updateLines({ model, papers, embedded, added, computed, problem }: SearchUpdate): string[] {
  return [
    ...(problem === undefined ? [] : [problem]),
    ...(computed ? ['the model of the papers was computed anew'] : []),
    model
      ? `${added} papers read; ${embedded} of ${papers} can be found by meaning (${model.name})`
      : `${papers} papers are too few to compute a model; searches go by words alone`,
  ];
}

async function withFeed<T>(io: Io, data: string, use: (feed: Feed) => Promise<T>): Promise<T> {
  const feed = await openFeed(feedLocation(io, data));
  try {
    await feed.addCatalogue(
      io.registry.map((entry) => entry.paper),
      catalogueDay,
    );
    return await use(feed);
  } finally {
    await feed.close();
  }
}

/** The page and the day it was saved: as told, as in the file's name, or when the file was last changed. */
async function readPage(
  path: string,
  date: string | undefined,
): Promise<{ page: Uint8Array; savedOn: string }> {
  const page = await readFile(path);
  const named = basename(path).match(/\d{4}-\d{2}-\d{2}/)?.[0];
  const savedOn = date ?? (named !== undefined && isDay(named) ? named : localDay((await stat(path)).mtime));
  return { page, savedOn };
}

function localDay(moment: Date): string {
  const pad = (part: number) => String(part).padStart(2, '0');
  return `${moment.getFullYear()}-${pad(moment.getMonth() + 1)}-${pad(moment.getDate())}`;
}

function importLine({ date, blocks, added, updated, unchanged, problems }: ImportReport): string {
  const counts = `${added} added, ${updated} updated, ${unchanged} unchanged`;
  const unread = problems.length > 0 ? `; ${problems.length} with problems` : '';
  return `${date}: ${blocks} papers: ${counts}${unread}`;
}

function searchLines({ query, corrected, total, hits, model }: SearchResult): string[] {
  if (hits.length === 0) return [`nothing found for “${oneLine(query)}”`];
  const by = model === undefined ? '' : ` by words and meaning (${model})`;
  const instead = corrected === undefined ? [] : [`searched for “${oneLine(corrected)}”`, ''];
  return [...instead, ...hits.flatMap(hitLines), `${hits.length} of ${total} found${by}`];
}

function hitLines({ paper, snippet }: SearchHit): string[] {
  const facts = [paper.slug, paper.arxivId, paper.publishedOn].filter((fact) => fact !== undefined);
  const passage = snippet.map((piece) => piece.text).join('');
  return [readableText(paper.title), `    ${facts.join(', ')}`, `    ${readableText(passage)}`, ''];
}
