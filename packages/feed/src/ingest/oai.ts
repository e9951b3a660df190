import { ImportError } from '../errors.js';
import { parseArxivId } from '../identifiers.js';
import { cleanLine } from '../text.js';
import type { Problem } from '../types.js';
import { dayOf, isArxivCategory } from './arxivAtom.js';
import { bounded, type PaperRecord } from './record.js';
import { childrenOf, parseXml, textIn, type XmlNode } from './xml.js';

const oaiNamespace = 'http://www.openarchives.org/OAI/2.0/';
const formats = { arXiv: 'http://arxiv.org/OAI/arXiv/', arXivRaw: 'http://arxiv.org/OAI/arXivRaw/' } as const;

/** A page of OAI-PMH. */
export interface OaiPage {
  /** When the server answered, from which the next harvest goes on: `YYYY-MM-DD`; undefined where it does not say. */
  readonly respondedOn: string | undefined;
  readonly records: readonly PaperRecord[];
  readonly problems: readonly Problem[];
  /** Continues the list; undefined at its end. */
  readonly resumptionToken?: string;
}

/** The server forgot where a list was: it has to be begun again, which does no harm. */
export class ResumptionError extends ImportError {}

/**
 * Reads an answer to `ListRecords` or `GetRecord` in arXiv's own format (`arXiv` or `arXivRaw`).
 * @throws ResumptionError for a token that is not known any more; ImportError for another document or another error
 */
export function parseOai(document: string): OaiPage {
  const root = parseXml(document, 'OAI-PMH');
  if (root.name !== 'OAI-PMH' || root.namespace !== oaiNamespace)
    throw new ImportError(`OAI-PMH: got <${root.name}>, expected an OAI-PMH answer`);
  const respondedOn = dayOf(textIn(root, 'responseDate'));
  const [error] = childrenOf(root, 'error');
  if (error) return emptyOrRefused(error, respondedOn);
  const list = root.children.find(({ name }) => name === 'ListRecords' || name === 'GetRecord');
  const records: PaperRecord[] = [];
  const problems: Problem[] = [];
  childrenOf(list, 'record').forEach((record, index) => {
    if (childrenOf(record, 'header')[0]?.attributes.status === 'deleted') return;
    const read = recordOf(record);
    if (typeof read === 'string') problems.push({ line: index + 1, message: read });
    else records.push(read);
  });
  const resumptionToken = textIn(list, 'resumptionToken');
  return { respondedOn, records, problems, ...(resumptionToken && { resumptionToken }) };
}

function emptyOrRefused(error: XmlNode, respondedOn: string | undefined): OaiPage {
  const { code = '' } = error.attributes;
  if (code === 'noRecordsMatch') return { respondedOn, records: [], problems: [] };
  const message = `OAI-PMH: ${code}: ${cleanLine(error.text).slice(0, 200)}`;
  throw code === 'badResumptionToken' ? new ResumptionError(message) : new ImportError(message);
}

function recordOf(record: XmlNode): PaperRecord | string {
  const [metadata] = childrenOf(record, 'metadata');
  const [split] = childrenOf(metadata, 'arXiv', formats.arXiv);
  const [raw] = childrenOf(metadata, 'arXivRaw', formats.arXivRaw);
  const source = split ?? raw;
  const id = textIn(source, 'id') ?? '';
  const arxivId = parseArxivId(id);
  const title = cleanLine(textIn(source, 'title') ?? '');
  if (arxivId === undefined) return `its id is “${id.slice(0, 100)}”, which is none of arXiv`;
  if (title === '') return `${arxivId} has no title`;
  const abstract = cleanLine(textIn(source, 'abstract') ?? '');
  const categories = (textIn(source, 'categories') ?? '').split(' ').filter(isArxivCategory);
  const [note, journalReference, doi] = ['comments', 'journal-ref', 'doi'].map((name) =>
    textIn(source, name),
  );
  return bounded({
    arxivId,
    title,
    tags: categories.map((tag) => ({ tag, kind: 'category' })),
    ...(raw ? fromRaw(raw) : fromSplit(source)),
    ...(abstract !== '' && { abstract }),
    ...(note && { note: cleanLine(note) }),
    ...(journalReference && { journalReference: cleanLine(journalReference) }),
    ...(doi && { doi: cleanLine(doi) }),
  });
}

/** The format `arXiv`: names in parts, days of the first and the latest version. */
function fromSplit(source: XmlNode | undefined): Partial<PaperRecord> {
  const [authors] = childrenOf(source, 'authors');
  const names = childrenOf(authors, 'author').map((author) =>
    cleanLine(['forenames', 'keyname', 'suffix'].map((part) => textIn(author, part) ?? '').join(' ')),
  );
  const publishedOn = dayOf(textIn(source, 'created'));
  // Left out where the first version is the only one.
  const updatedOn = dayOf(textIn(source, 'updated')) ?? publishedOn;
  return {
    authors: names.filter((name) => name !== ''),
    ...(publishedOn && { publishedOn }),
    ...(updatedOn && { updatedOn }),
  };
}

/** The format `arXivRaw`: names in one line, and all versions. */
function fromRaw(raw: XmlNode): Partial<PaperRecord> {
  const versions = childrenOf(raw, 'version').flatMap((each) => {
    const version = Number(/^v(\d+)$/.exec(each.attributes.version ?? '')?.[1] ?? Number.NaN);
    const time = Date.parse(textIn(each, 'date') ?? '');
    return Number.isInteger(version) && !Number.isNaN(time)
      ? [{ version, submittedOn: new Date(time).toISOString().slice(0, 10) }]
      : [];
  });
  const [first, last] = [versions[0], versions.at(-1)];
  return {
    authors: namesIn(textIn(raw, 'authors') ?? ''),
    versions,
    ...(first && { publishedOn: first.submittedOn }),
    ...(last && { updatedOn: last.submittedOn, version: last.version }),
  };
}

/** Names that stand in one line, as arXiv writes them: with commas, `and`, and affiliations in parentheses. */
function namesIn(line: string): string[] {
  let names = line;
  // Parentheses may stand within others.
  for (let depth = 0; depth < 3; depth++) names = names.replace(/\([^()]*\)/g, '');
  return names
    .split(/,\s+and\s+|,\s*|\s+and\s+/)
    .map(cleanLine)
    .filter((name) => name !== '');
}
