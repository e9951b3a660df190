import type { Kysely } from 'kysely';
import { isDay } from './calendar.js';
import { write } from './database/engine.js';
import type { Database, PaperRow } from './database/schema.js';
import { isProvisionalId, parseArxivId, provisionalId } from './identifiers.js';
import { normaliseTitle } from './import/title.js';
import { dayOrder, setDayOrder } from './lists.js';
import {
  mergePapers,
  newPaper,
  paperById,
  paperBySlug,
  paperByTitle,
  renamePaper,
  samePaper,
  savePaper,
} from './papers.js';
import { indexPapers } from './search/document.js';
import type { CataloguePaper } from './types.js';

/**
 * Takes the built-in papers in and lists them on `day`, after those already there. Their facts win over
 * what importers brought; what the catalogue leaves out stays.
 * @throws RangeError for a bad paper or day, before anything is written.
 */
export async function addCatalogue(
  db: Kysely<Database>,
  papers: readonly CataloguePaper[],
  day: string,
): Promise<void> {
  refuseBadCatalogue(papers, day);
  await write(db, async (transaction) => {
    const ids: string[] = [];
    const changed: string[] = [];
    for (const paper of papers) {
      const { id, isChanged } = await upsert(transaction, paper);
      ids.push(id);
      if (isChanged) changed.push(id);
    }
    await indexPapers(transaction, changed);
    const listed = await dayOrder(transaction, day);
    const added = ids.filter((id) => !listed.includes(id));
    if (added.length > 0) await setDayOrder(transaction, day, [...listed, ...added]);
  });
}

async function upsert(
  db: Kysely<Database>,
  paper: CataloguePaper,
): Promise<{ id: string; isChanged: boolean }> {
  const records = await recordsOf(db, paper);
  const id = idOf(paper, records);
  const known = (await joinRecords(db, records, id)) ?? newPaper(id, paper.title);
  const after: PaperRow = {
    ...known,
    title: paper.title,
    slug: paper.slug,
    published_on: paper.date,
    author_count: paper.authorCount ?? known.author_count,
    repository: paper.repository ?? known.repository,
    family: paper.family,
    summary: paper.summary,
    about: paper.inOneMinute ? Object.values(paper.inOneMinute).join('\n') : known.about,
  };
  const [only, ...others] = records;
  const unchanged = only !== undefined && others.length === 0 && samePaper(only, after);
  if (!unchanged) await savePaper(db, after);
  return { id, isChanged: !unchanged };
}

/**
 * The records that are this paper: by arXiv id, slug and title. One with the same title and another arXiv id
 * is another paper.
 */
async function recordsOf(db: Kysely<Database>, paper: CataloguePaper): Promise<PaperRow[]> {
  const arxivId = arxivIdOf(paper);
  const byId = arxivId === undefined ? undefined : await paperById(db, arxivId);
  const bySlug = await paperBySlug(db, paper.slug);
  const byTitle = await paperByTitle(db, paper.title);
  const knownId = arxivId ?? (bySlug && !isProvisionalId(bySlug.id) ? bySlug.id : undefined);
  const otherPaper =
    byTitle && knownId !== undefined && !isProvisionalId(byTitle.id) && byTitle.id !== knownId;
  const found = [byId, bySlug, otherPaper ? undefined : byTitle].filter((row) => row !== undefined);
  return [...new Map(found.map((row) => [row.id, row])).values()];
}

function idOf(paper: CataloguePaper, records: readonly PaperRow[]): string {
  const official = records.find((record) => !isProvisionalId(record.id));
  return arxivIdOf(paper) ?? official?.id ?? records[0]?.id ?? provisionalId(paper.title);
}

function arxivIdOf(paper: CataloguePaper): string | undefined {
  return paper.arxivId === undefined ? undefined : parseArxivId(paper.arxivId);
}

/** Makes all records of a paper one under `id`; undefined where there are none. */
async function joinRecords(
  db: Kysely<Database>,
  records: readonly PaperRow[],
  id: string,
): Promise<PaperRow | undefined> {
  let joined = records.find((record) => record.id === id);
  for (const record of records) {
    if (record.id === id) continue;
    joined = joined ? await mergePapers(db, record, joined) : await renamePaper(db, record, id);
  }
  return joined;
}

function refuseBadCatalogue(papers: readonly CataloguePaper[], day: string): void {
  if (!isDay(day)) refuse('day', day, 'a day as YYYY-MM-DD');
  const seen = new Set<string>();
  for (const paper of papers) {
    refuseBadPaper(paper);
    const names = [`slug ${paper.slug}`, `title ${normaliseTitle(paper.title)}`, `arXiv ${arxivIdOf(paper)}`];
    for (const name of names) {
      if (name === 'arXiv undefined') continue;
      if (seen.has(name)) refuse(`papers: ${paper.slug}`, name, 'a slug, title and arXiv id of its own');
      seen.add(name);
    }
  }
}

function refuseBadPaper(paper: CataloguePaper): void {
  const where = `papers: ${paper.slug}`;
  if (!/^[a-z0-9]+(-[a-z0-9]+)*$/.test(paper.slug)) {
    refuse('papers: slug', paper.slug, 'lower-case words joined by hyphens');
  }
  if (normaliseTitle(paper.title) === '') refuse(`${where}: title`, paper.title, 'letters');
  if (!isDay(paper.date)) refuse(`${where}: date`, paper.date, 'a day as YYYY-MM-DD');
  if (paper.family === '') refuse(`${where}: family`, paper.family, 'the name of a family');
  if (paper.arxivId !== undefined && arxivIdOf(paper) === undefined) {
    refuse(`${where}: arxivId`, paper.arxivId, 'an arXiv id such as 2501.04697');
  }
  if (paper.repository !== undefined && !paper.repository.startsWith('https://')) {
    refuse(`${where}: repository`, paper.repository, 'an https address');
  }
}

function refuse(where: string, got: string, expected: string): never {
  throw new RangeError(`addCatalogue: ${where}: got ${JSON.stringify(got)}, expected ${expected}`);
}
