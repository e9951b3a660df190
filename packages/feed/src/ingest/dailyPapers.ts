import type { Transaction } from 'kysely';
import { dayInNewYork } from '../calendar.js';
import type { Database } from '../database/schema.js';
import { ImportError } from '../errors.js';
import { parseArxivId } from '../identifiers.js';
import { dayOrder, setDayOrder } from '../lists.js';
import { cleanLine, cut, webAddress } from '../text.js';
import type { ImportReport, Problem } from '../types.js';
import { recordMovement } from './movement.js';
import { bounded, type PaperRecord } from './record.js';
import { type Change, storePapers } from './storePapers.js';

/** Papers of one file at the most. */
const mostItems = 5000;
const longestTitle = 300;

type Json = Readonly<Record<string, unknown>>;

/** What a daily list says, with the day on which it has each paper. */
export interface DailyItem {
  readonly record: PaperRecord;
  readonly listedOn?: string;
}

/** Whether a text is a list of daily papers in JSON. */
export const isDailyJson = (text: string): boolean => /^\s*[[{]/.test(text);

/**
 * Reads daily papers in the wire format of Hugging Face's API: an array of items, wrapped or flat, or an object with
 * `dailyPapers`. Fields of which nothing is known here are kept as they are.
 * @throws ImportError for a text that is no such list
 */
export function parseDailyPapers(text: string): { items: DailyItem[]; problems: Problem[] } {
  const refuse = (got: string): never => {
    throw new ImportError(`daily papers: got ${got}, expected a JSON array of papers`);
  };
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch {
    return refuse('a text that is no JSON');
  }
  const list = isObject(document) ? document.dailyPapers : document;
  if (!Array.isArray(list)) return refuse('a document without a list of papers');
  if (list.length > mostItems) refuse(`${list.length} papers (at most ${mostItems})`);
  const items: DailyItem[] = [];
  const problems: Problem[] = [];
  list.forEach((each, index) => {
    const item = isObject(each) ? itemOf(each) : 'it is no object';
    if (typeof item === 'string') problems.push({ line: index + 1, message: item });
    else items.push(item);
  });
  return { items, problems };
}

/** Fields that have a place of their own, or that only this or that page needs. */
const placed = new Set([
  ...['id', 'title', 'summary', 'authors', 'publishedAt', 'upvotes', 'numComments', 'paper', 'githubRepo'],
  ...['githubStars', 'projectPage', 'ai_summary', 'ai_keywords', 'submittedOnDailyAt', 'discussionId'],
]);

function itemOf(item: Json): DailyItem | string {
  const paper = isObject(item.paper) ? { ...item, ...item.paper } : item;
  const title = cleanLine(cut(textOf(paper.title) ?? textOf(item.title) ?? '', longestTitle));
  if (title === '') return 'it has no title';
  const arxivId = parseArxivId(textOf(paper.id) ?? '');
  if (textOf(paper.id) && arxivId === undefined)
    return `its id is “${textOf(paper.id)?.slice(0, 100)}”, which is none of arXiv`;
  const abstract = cleanLine(textOf(paper.summary) ?? '');
  const authors = (Array.isArray(paper.authors) ? paper.authors : [])
    .filter((author): author is Json => isObject(author) && author.hidden !== true)
    .map((author) => cleanLine(textOf(author.name) ?? ''))
    .filter((name) => name !== '');
  // Inside, `publishedAt` is the paper's; outside, where there is an inside, it is the list's.
  const publishedOn = dayIn(paper.publishedAt);
  const listedOn = newYorkDay(
    item.submittedOnDailyAt ?? paper.submittedOnDailyAt ?? (item.paper ? item.publishedAt : undefined),
  );
  const keywords = (Array.isArray(paper.ai_keywords) ? paper.ai_keywords : []).map((each) =>
    cleanLine(cut(String(each), 100)),
  );
  const extra = Object.fromEntries(Object.entries(paper).filter(([name]) => !placed.has(name)));
  return {
    record: bounded({
      title,
      authors,
      tags: [...new Set(keywords.filter(Boolean))].map((tag) => ({ tag, kind: 'keyword' })),
      ...(arxivId && { arxivId }),
      ...(abstract && { abstract }),
      ...(publishedOn && { publishedOn }),
      ...numbers(paper, { upvotes: 'upvotes', stars: 'githubStars', commentCount: 'numComments' }),
      ...addresses(paper, { repository: 'githubRepo', projectPage: 'projectPage' }),
      ...(textOf(paper.ai_summary) && { aiSummary: cleanLine(cut(textOf(paper.ai_summary)!, 2000)) }),
      ...(Object.keys(extra).length > 0 && { extra }),
    }),
    ...(listedOn && { listedOn }),
  };
}

/**
 * Stores what was read, on the day that each item names, or on `day`, within a transaction of `write`.
 * @param savedOn day on which votes and stars were as the items say
 */
export async function storeDailyPapers(
  transaction: Transaction<Database>,
  items: readonly DailyItem[],
  { day, savedOn }: { day: string; savedOn: string },
): Promise<Omit<ImportReport, 'problems'>> {
  const count: Record<Change, number> = { added: 0, updated: 0, unchanged: 0 };
  const days = new Map<string, string[]>();
  const now = Date.now();
  const stored = await storePapers(
    transaction,
    items.map(({ record }) => record),
  );
  for (const [index, { id, change, before, after }] of stored.entries()) {
    const { listedOn = day } = items[index]!;
    await recordMovement(transaction, before, { ...after, id }, { listedOn, savedOn, now });
    count[change]++;
    days.set(listedOn, [...(days.get(listedOn) ?? []), id]);
  }
  for (const [date, ids] of days) {
    await setDayOrder(transaction, date, [...new Set([...ids, ...(await dayOrder(transaction, date))])]);
  }
  const date = [...days.keys()].sort().at(-1) ?? day;
  return { date, blocks: items.length, ...count };
}

const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const textOf = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);

function numbers<Name extends string>(
  from: Json,
  names: Readonly<Record<Name, string>>,
): Partial<Record<Name, number>> {
  const found = Object.entries<string>(names).flatMap(([name, field]) => {
    const value = from[field];
    return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 && value < 2 ** 31
      ? [[name, value]]
      : [];
  });
  return Object.fromEntries(found) as Partial<Record<Name, number>>;
}

function addresses<Name extends string>(
  from: Json,
  names: Readonly<Record<Name, string>>,
): Partial<Record<Name, string>> {
  const found = Object.entries<string>(names).flatMap(([name, field]) => {
    const address = webAddress(textOf(from[field]));
    return address === undefined ? [] : [[name, address]];
  });
  return Object.fromEntries(found) as Partial<Record<Name, string>>;
}

const dayIn = (value: unknown): string | undefined => {
  const time = Date.parse(textOf(value) ?? '');
  return Number.isNaN(time) ? undefined : new Date(time).toISOString().slice(0, 10);
};

/** Days of these lists are days in New York; a day that is written without a time is meant as it stands. */
function newYorkDay(value: unknown): string | undefined {
  const text = textOf(value) ?? '';
  const time = Date.parse(text);
  if (Number.isNaN(time)) return undefined;
  return /T00:00:00(?:\.000)?Z$/.test(text) ? text.slice(0, 10) : dayInNewYork(time);
}
