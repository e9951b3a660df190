import { isDay } from '../calendar.js';
import { ImportError } from '../errors.js';
import { parseArxivId } from '../identifiers.js';
import { cleanLine } from '../text.js';
import type { PaperTag, Problem } from '../types.js';
import { bounded, type PaperRecord } from './record.js';
import { childrenOf, parseXml, textIn, type XmlNode } from './xml.js';

const atomNamespace = 'http://www.w3.org/2005/Atom';
const arxivNamespace = 'http://arxiv.org/schemas/atom';
const searchNamespace = 'http://a9.com/-/spec/opensearch/1.1/';

/** A page of the arXiv query API. */
export interface AtomPage {
  /** How many entries the query has in all, as the server says. */
  readonly total: number;
  readonly records: readonly PaperRecord[];
  /** Entries that cannot be read, by their number on the page, from 1. */
  readonly problems: readonly Problem[];
}

/**
 * Reads an answer of arXiv's query API (Atom).
 * @throws ImportError for another document, and for the feed that arXiv answers with where a query is wrong
 */
export function parseArxivAtom(document: string): AtomPage {
  const feed = parseXml(document, 'arXiv');
  if (feed.name !== 'feed' || feed.namespace !== atomNamespace)
    throw new ImportError(`arXiv: got <${feed.name}>, expected an Atom feed`);
  const entries = childrenOf(feed, 'entry');
  const refused = entries.find((entry) => textIn(entry, 'id')?.includes('/api/errors'));
  if (refused)
    throw new ImportError(`arXiv: refuses the query: ${textIn(refused, 'summary') ?? 'no reason'}`);
  const records: PaperRecord[] = [];
  const problems: Problem[] = [];
  entries.forEach((entry, index) => {
    const record = recordOf(entry);
    if (typeof record === 'string') problems.push({ line: index + 1, message: record });
    else records.push(record);
  });
  return {
    total: Number(textIn(feed, 'totalResults', searchNamespace) ?? entries.length),
    records,
    problems,
  };
}

/** An entry as a record, or what is wrong with it. */
function recordOf(entry: XmlNode): PaperRecord | string {
  const address = textIn(entry, 'id') ?? '';
  const arxivId = parseArxivId(address);
  const title = cleanLine(textIn(entry, 'title') ?? '');
  if (arxivId === undefined) return `its id is “${address.slice(0, 100)}”, which is none of arXiv`;
  if (title === '') return `${arxivId} has no title`;
  const version = Number(/v(\d+)$/.exec(address)?.[1] ?? Number.NaN);
  const doi = textIn(entry, 'doi', arxivNamespace);
  const note = textIn(entry, 'comment', arxivNamespace);
  const journalReference = textIn(entry, 'journal_ref', arxivNamespace);
  const abstract = cleanLine(textIn(entry, 'summary') ?? '');
  const authors = childrenOf(entry, 'author').map((author) => cleanLine(textIn(author, 'name') ?? ''));
  const publishedOn = dayOf(textIn(entry, 'published'));
  const updatedOn = dayOf(textIn(entry, 'updated'));
  return bounded({
    arxivId,
    title,
    authors: authors.filter((name) => name !== ''),
    tags: tagsOf(entry),
    ...(abstract !== '' && { abstract }),
    ...(publishedOn && { publishedOn }),
    ...(updatedOn && { updatedOn }),
    ...(Number.isInteger(version) && { version }),
    ...(note && { note: cleanLine(note) }),
    ...(journalReference && { journalReference: cleanLine(journalReference) }),
    ...(doi && { doi: cleanLine(doi) }),
  });
}

/** arXiv's own categories; those of ACM and MSC are not. */
export const isArxivCategory = (term: string): boolean => /^[a-z-]+(?:\.[A-Za-z-]{2,})?$/.test(term);

function tagsOf(entry: XmlNode): PaperTag[] {
  const terms = childrenOf(entry, 'category').map(({ attributes }) => attributes.term ?? '');
  return [...new Set(terms.filter(isArxivCategory))].map((tag) => ({ tag, kind: 'category' }));
}

/** The day of a time as sources write it, `YYYY-MM-DD…`; undefined for what is none. */
export function dayOf(time: string | undefined): string | undefined {
  const day = (time ?? '').slice(0, 10);
  return isDay(day) ? day : undefined;
}
