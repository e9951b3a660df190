import { readdir } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import type { Results } from '@evenkeel/lab';
import { indexPage, type ReportFacts, reportPage } from '@evenkeel/lab/report';
import { UsageError } from '../errors.js';
import { type Io, printLines } from '../io.js';
import { readRecorded, resultsFolder, writeWhole } from '../recorded.js';

export interface ReportOptions {
  readonly results?: string;
  readonly out: string;
}

/** Makes pages from recorded results. */
export async function report(io: Io, slugs: readonly string[], options: ReportOptions): Promise<number> {
  const folder = options.results === undefined ? resultsFolder(io) : resolve(io.workingDir, options.results);
  const wanted = slugs.length > 0 ? [...new Set(slugs)] : await recordedSlugs(io, folder);
  const recorded = await Promise.all(wanted.map((slug) => readRecorded(io, slug, folder)));
  const missing = wanted.find((_, i) => slugs.length > 0 && !recorded[i]);
  if (missing !== undefined) {
    throw new UsageError(
      `report: SLUG: ${missing} has no recorded results in ${folder}; evenkeel reproduce ${missing} makes them`,
    );
  }
  const results = recorded.filter((each) => each !== undefined);
  if (results.length === 0) {
    throw new UsageError(`report: no recorded results in ${folder}; evenkeel reproduce makes them`);
  }
  checkPlace('report: --out', options.out, results.length);
  const written = await writePages(io, results, options.out);
  printLines(io.stdout, [`Written to ${written}`]);
  return 0;
}

/** Slugs of the recorded results in a folder: papers and examples in the order of the catalogue, then others. */
async function recordedSlugs({ registry, examples }: Io, folder: string): Promise<string[]> {
  const names = await readdir(folder).catch((): string[] => []);
  const found = names.flatMap((name) => /^([a-z0-9]+(?:-[a-z0-9]+)*)\.json$/.exec(name)?.[1] ?? []).sort();
  const known = [...registry.map(({ paper }) => paper.slug), ...examples.map(({ slug }) => slug)];
  return [...known.filter((slug) => found.includes(slug)), ...found.filter((slug) => !known.includes(slug))];
}

const isFile = (place: string): boolean => place.endsWith('.html');

/**
 * Refuses a single file for several pages.
 * @param where command and option, such as `report: --out`
 */
export function checkPlace(where: string, place: string, pages: number): void {
  if (isFile(place) && pages !== 1) {
    throw new UsageError(`${where}: got ${place} for ${pages} pages, expected a folder`);
  }
}

/**
 * Writes a page for each of the results and, where the place is a folder, an index of them. Returns the file to look at
 * first.
 * @param place checked by `checkPlace`
 */
export async function writePages(io: Io, results: readonly Results[], place: string): Promise<string> {
  const path = resolve(io.workingDir, place);
  const pages = results.map((each) => {
    const facts = factsOf(io, each.paper);
    return { file: `${basename(each.paper)}.html`, title: facts.title, results: each, facts };
  });
  for (const { file, results: each, facts } of pages) {
    await writeWhole(isFile(place) ? path : join(path, file), reportPage(each, facts));
  }
  if (isFile(place)) return path;
  const index = join(path, 'index.html');
  await writeWhole(index, indexPage(pages));
  return index;
}

/** What the catalogue knows of a paper or an example; of others only the name. */
function factsOf({ registry, examples }: Io, slug: string): ReportFacts {
  const entry = registry.find(({ paper }) => paper.slug === slug);
  return entry?.paper ?? examples.find((example) => example.slug === slug) ?? { title: slug };
}
