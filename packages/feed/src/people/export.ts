import type { Kysely } from 'kysely';
import type { Database } from '../database/schema.js';
import { exportSubscription } from '../digest/subscribers.js';
import { papersById } from '../papers.js';
import type { FeedPaper } from '../types.js';
import { type Admins, accountRow, toAccount } from './accounts.js';
import { selectClaims } from './claims.js';
import { selectComments } from './comments.js';
import { refuse, timeOf } from './common.js';
import type { ExportFormat, People, ReadingEntry } from './types.js';

/** Everything that an account has here (JSON), or its reading list (BibTeX, CSV). */
export async function exportAccount(
  db: Kysely<Database>,
  people: Pick<People, 'readingList' | 'follows' | 'tokens'>,
  accountId: string,
  format: ExportFormat,
  admins: Admins,
): Promise<string> {
  const reading = await people.readingList(accountId);
  if (format === 'bibtex') return reading.map(({ paper }) => bibtexEntry(paper)).join('\n');
  if (format === 'csv') return csv(reading);
  const row = (await accountRow(db, accountId)) ?? refuse('not found', 'No such account.');
  const everything = {
    account: toAccount(row, admins),
    subscription: await exportSubscription(db, row.email),
    votes: await votesOf(db, accountId),
    readingList: reading.map(({ paper, ...entry }) => ({ ...paperFacts(paper), ...entry })),
    follows: (await people.follows(accountId)).map(({ kind, value }) => ({ kind, value })),
    comments: (await selectComments(db, { accountId })).map(({ paperId, text, createdAt, hidden }) => ({
      paper: paperId,
      text,
      createdAt,
      hidden,
    })),
    reports: await reportsOf(db, accountId),
    claims: (await selectClaims(db, { accountId })).map(({ by, id, paperId, ...claim }) => ({
      paper: paperId,
      ...claim,
    })),
    submissions: await submissionsOf(db, accountId),
    sessions: await sessionsOf(db, accountId),
    tokens: (await people.tokens(accountId)).map(({ label, createdAt }) => ({ label, createdAt })),
  };
  return `${JSON.stringify(everything, null, 2)}\n`;
}

const addressOf = ({ arxivId }: FeedPaper): string | undefined =>
  arxivId === undefined ? undefined : `https://arxiv.org/abs/${arxivId}`;

function paperFacts(paper: FeedPaper) {
  const { id, title, authors, publishedOn, doi } = paper;
  return { id, title, authors, publishedOn, url: addressOf(paper), doi };
}

async function votesOf(db: Kysely<Database>, accountId: string) {
  const rows = await db
    .selectFrom('vote')
    .select(['paper_id', 'at'])
    .where('account_id', '=', accountId)
    .orderBy('at')
    .execute();
  const papers = await papersById(
    db,
    rows.map((row) => row.paper_id),
  );
  return rows.map(({ paper_id, at }) => ({
    paper: paper_id,
    title: papers.get(paper_id)?.title,
    at: timeOf(at),
  }));
}

async function reportsOf(db: Kysely<Database>, accountId: string) {
  const rows = await db
    .selectFrom('comment_report')
    .select(['comment_id as comment', 'reason', 'created_at'])
    .where('account_id', '=', accountId)
    .execute();
  return rows.map(({ created_at, ...report }) => ({ ...report, at: timeOf(created_at) }));
}

async function submissionsOf(db: Kysely<Database>, accountId: string) {
  const rows = await db
    .selectFrom('submission')
    .select(['paper_id as paper', 'at'])
    .where('account_id', '=', accountId)
    .execute();
  return rows.map(({ paper, at }) => ({ paper, at: timeOf(at) }));
}

async function sessionsOf(db: Kysely<Database>, accountId: string) {
  const rows = await db
    .selectFrom('session')
    .select(['created_at', 'expires_at'])
    .where('account_id', '=', accountId)
    .execute();
  return rows.map((row) => ({ from: timeOf(row.created_at), until: timeOf(row.expires_at) }));
}

/** Characters that mean something to BibTeX; TeX formulas of a title are read as text. */
const special: Readonly<Record<string, string>> = {
  '\\': '\\textbackslash{}',
  '{': '\\{',
  '}': '\\}',
  '~': '\\textasciitilde{}',
  '^': '\\textasciicircum{}',
  '%': '\\%',
  '&': '\\&',
  $: '\\$',
  '#': '\\#',
  _: '\\_',
};

const texText = (text: string): string => text.replace(/[\\{}~^%&$#_]/g, (character) => special[character]!);

function bibtexEntry(paper: FeedPaper): string {
  const { id, title, authors, publishedOn, doi, arxivId } = paper;
  const fields = {
    title: `{${texText(title)}}`,
    ...(authors.length > 0 && { author: authors.map((name) => `{${texText(name)}}`).join(' and ') }),
    ...(publishedOn && { year: publishedOn.slice(0, 4) }),
    ...(arxivId && { eprint: arxivId, archiveprefix: 'arXiv' }),
    ...(doi && { doi: texText(doi) }),
    ...(addressOf(paper) && { url: addressOf(paper)! }),
  };
  const lines = Object.entries(fields).map(([name, value]) => `  ${name} = {${value}},\n`);
  return `@misc{${id.replace(/[^\w.-]/g, '-')},\n${lines.join('')}}\n`;
}

const columns = ['id', 'title', 'authors', 'published', 'url', 'state', 'note', 'added'] as const;

/** RFC 4180. Spreadsheets take a cell that begins like a formula for one; an apostrophe keeps it text. */
function csv(reading: readonly ReadingEntry[]): string {
  const cell = (text: string): string => {
    const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
    return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
  };
  const rows = reading.map(({ paper, state, note, addedAt }) => [
    paper.id,
    paper.title,
    paper.authors.join('; '),
    paper.publishedOn ?? '',
    addressOf(paper) ?? '',
    state,
    note,
    addedAt,
  ]);
  return [columns, ...rows].map((row) => `${row.map(cell).join(',')}\r\n`).join('');
}
