import type { Kysely } from 'kysely';
import { chunks } from '../database/chunks.js';
import type { Database, PaperRow, PaperVersionTable } from '../database/schema.js';
import { isProvisionalId, provisionalId } from '../identifiers.js';
import {
  addTags,
  authorsOf,
  insertPapers,
  mergePapers,
  newPaper,
  paperById,
  paperByTitle,
  renamePaper,
  samePaper,
  savePaper,
} from '../papers.js';
import { indexPapers } from '../search/document.js';
import type { PaperRecord } from './record.js';
import { isOlder, withRecord } from './withRecord.js';

export type Change = 'added' | 'updated' | 'unchanged';

/** What became of a record. */
interface Stored {
  /** Under which its paper is stored. */
  id: string;
  readonly change: Change;
  /** The paper as it was, by the record's id or else its title, and as the record left it. */
  readonly before: PaperRow | undefined;
  readonly after: PaperRow;
}

/**
 * Takes papers in, in order: the one with a record's arXiv id, or with its title where no id was known, gets what the
 * source says. A source never takes anything away; what the catalogue says of its papers stands.
 */
export async function storePapers(db: Kysely<Database>, records: readonly PaperRecord[]): Promise<Stored[]> {
  const added = await addUnknown(db, records);
  const stored: Stored[] = [];
  for (const record of records) {
    const paper = added.get(record);
    if (paper) {
      stored.push({ id: paper.id, change: 'added', before: undefined, after: paper });
      continue;
    }
    const { former, ...now } = await storePaper(db, record);
    // What an earlier record brought under its title alone has its arXiv id now.
    for (const each of stored) if (each.id === former) each.id = now.id;
    stored.push(now);
  }
  const changed = stored.filter(({ change }) => change !== 'unchanged').map(({ id }) => id);
  await indexPapers(db, [...new Set(changed)]);
  return stored;
}

/** Adds, all at once, the papers of which nothing is known here or from an earlier record. */
async function addUnknown(
  db: Kysely<Database>,
  records: readonly PaperRecord[],
): Promise<ReadonlyMap<PaperRecord, PaperRow>> {
  const waysOf = ({ arxivId, title }: PaperRecord) => [...(arxivId ? [arxivId] : []), provisionalId(title)];
  const known = await knownWays(db, records.flatMap(waysOf));
  const unknown = records.filter((record) => {
    const ways = waysOf(record);
    const isKnown = ways.some((way) => known.has(way));
    for (const way of ways) known.add(way);
    return !isKnown;
  });
  const papers = unknown.map((record) => withRecord(newPaper(idFor(record), record.title), record));
  await insertPapers(
    db,
    papers.map((paper, index) => ({ paper, authors: unknown[index]!.authors ?? [] })),
  );
  await addTags(
    db,
    unknown.flatMap((record) => tagsOf(idFor(record), record)),
  );
  await addVersions(
    db,
    unknown.flatMap((record) => versionsOf(idFor(record), record)),
  );
  return new Map(unknown.map((record, index) => [record, papers[index]!]));
}

/** Which of some ids lead to a paper. */
async function knownWays(db: Kysely<Database>, ways: readonly string[]): Promise<Set<string>> {
  const known = new Set<string>();
  for (const some of chunks(ways)) {
    const papers = await db.selectFrom('paper').select('id as way').where('id', 'in', some).execute();
    const aliases = await db
      .selectFrom('paper_alias')
      .select('alias as way')
      .where('alias', 'in', some)
      .execute();
    for (const { way } of [...papers, ...aliases]) known.add(way);
  }
  return known;
}

const idFor = ({ arxivId, title }: PaperRecord): string => arxivId ?? provisionalId(title);

async function storePaper(
  db: Kysely<Database>,
  record: PaperRecord,
): Promise<Stored & { readonly former: string | undefined }> {
  const { before, known, former } = await knownPaper(db, record);
  const after = withRecord(known ?? newPaper(idFor(record), record.title), record);
  const authors = known && isOlder(record, known) ? undefined : record.authors;
  const authorsChanged = await differentAuthors(db, after.id, authors);
  const unchanged = known !== undefined && former === undefined && !authorsChanged && samePaper(known, after);
  if (!unchanged) await savePaper(db, after, authorsChanged ? authors : undefined);
  await addTags(db, tagsOf(after.id, record));
  await addVersions(db, versionsOf(after.id, record));
  const change = known === undefined ? 'added' : unchanged ? 'unchanged' : 'updated';
  return { id: after.id, change, before, after, former };
}

const tagsOf = (paper_id: string, { tags = [] }: PaperRecord) =>
  tags.map(({ tag, kind }) => ({ paper_id, tag, kind }));

/** The stored paper that a record is of; one that was known by its title alone gets the record's id in place of its former. */
async function knownPaper(
  db: Kysely<Database>,
  { arxivId, title }: PaperRecord,
): Promise<{ before: PaperRow | undefined; known: PaperRow | undefined; former?: string }> {
  const byTitle = await paperByTitle(db, title);
  if (arxivId === undefined) return { before: byTitle, known: byTitle };
  const byId = await paperById(db, arxivId);
  const before = byId ?? byTitle;
  // Another arXiv id is another paper, whatever its title.
  if (!byTitle || byTitle.id === arxivId || !isProvisionalId(byTitle.id)) return { before, known: byId };
  const known = byId ? await mergePapers(db, byTitle, byId) : await renamePaper(db, byTitle, arxivId);
  return { before, known, former: byTitle.id };
}

async function differentAuthors(
  db: Kysely<Database>,
  id: string,
  authors: readonly string[] | undefined,
): Promise<boolean> {
  if (authors === undefined || authors.length === 0) return false;
  const stored = (await authorsOf(db, [id])).get(id) ?? [];
  return JSON.stringify(stored) !== JSON.stringify(authors);
}

function versionsOf(paper_id: string, record: PaperRecord): PaperVersionTable[] {
  const { version, updatedOn, publishedOn } = record;
  const latest = version !== undefined && (updatedOn ?? publishedOn);
  const versions = record.versions ?? (latest ? [{ version: version as number, submittedOn: latest }] : []);
  return versions.map((each) => ({ paper_id, version: each.version, submitted_on: each.submittedOn }));
}

async function addVersions(db: Kysely<Database>, rows: readonly PaperVersionTable[]): Promise<void> {
  for (const some of chunks(rows)) {
    await db
      .insertInto('paper_version')
      .values(some)
      .onConflict((conflict) => conflict.columns(['paper_id', 'version']).doNothing())
      .execute();
  }
}
