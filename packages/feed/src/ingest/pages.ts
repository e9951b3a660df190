import { ImportError } from '../errors.js';
import type { IngestOptions, IngestSource, Problem } from '../types.js';
import { parseAnnouncements } from './announcements.js';
import { parseArxivAtom } from './arxivAtom.js';
import { parseOai, ResumptionError } from './oai.js';
import type { PaperRecord } from './record.js';
import { ask, type Requester } from './request.js';
import { TemporaryError } from './temporaryError.js';

export const queryAddress = 'https://export.arxiv.org/api/query';
const harvestAddress = 'https://oaipmh.arxiv.org/oai';
const announcementsAddress = 'https://rss.arxiv.org/rss/';
/** Entries of one answer; arXiv gives up to 2,000. */
const pageSize = 200;
/** Ids of one request. */
const batchSize = 100;
/** Entries that arXiv gives of one query. */
export const longestQuery = 30_000;
/** Times that a server may forget a list before it is left alone. */
const mostRestarts = 3;

/** Where an ingestion stands; stored with every page of papers, in the same transaction. */
export interface State {
  /** Entries or records that are stored. */
  readonly done: number;
  /** Ids that are still to be asked for. */
  readonly ids?: readonly string[] | undefined;
  /** OAI: the day that the list begins with, its token, and the day that the next one begins with. */
  readonly from?: string | undefined;
  readonly token?: string | undefined;
  readonly next?: string | undefined;
  /** How often the server has forgotten the list. */
  readonly restarts?: number | undefined;
}

export interface Page {
  readonly records: readonly PaperRecord[];
  readonly problems: readonly Problem[];
  /** How far the list is, and how long it is where the source says. */
  readonly done: number;
  readonly total: number | undefined;
  /** Entries that arXiv has beyond those that it gives of one query. */
  readonly beyond?: number;
  readonly after: State;
  readonly more: boolean;
}

/** The next page of a source. */
export function pageOf(
  requester: Requester,
  source: IngestSource,
  state: State,
  options: IngestOptions,
): Promise<Page> {
  switch (source.kind) {
    case 'query':
      return queryPage(requester, source.query, state, options);
    case 'harvest':
      return harvestPage(requester, source, state, options);
    case 'ids':
      return idsPage(requester, { ...state, ids: state.ids ?? source.ids }, options);
    case 'announced':
      return state.ids
        ? idsPage(requester, state, options)
        : announcedPage(requester, source.categories, options);
  }
}

async function queryPage(
  requester: Requester,
  query: string,
  state: State,
  { limit = longestQuery, addresses }: IngestOptions,
): Promise<Page> {
  const most = Math.min(limit, longestQuery);
  const url = new URL(addresses?.query ?? queryAddress);
  url.searchParams.set('search_query', query);
  url.searchParams.set('start', String(state.done));
  url.searchParams.set('max_results', String(Math.max(1, Math.min(pageSize, most - state.done))));
  url.searchParams.set('sortBy', 'submittedDate');
  url.searchParams.set('sortOrder', 'descending');
  const { records, problems, total } = await ask(requester, url, (document) => {
    const page = parseArxivAtom(document);
    const entries = page.records.length + page.problems.length;
    // An empty page in the middle of a list is a fault that passes; a total of 1 is said of nothing, too.
    if (entries === 0 && page.total > 1 && state.done < Math.min(page.total, most))
      throw new TemporaryError('answered an empty page');
    return page;
  });
  const done = state.done + records.length + problems.length;
  const more = records.length + problems.length > 0 && done < Math.min(total, most);
  return {
    records,
    problems,
    done,
    total: Math.min(total, most),
    ...(total > longestQuery && { beyond: total - longestQuery }),
    // A list that is through begins anew the next time.
    after: { done: more ? done : 0 },
    more,
  };
}

/** The day's ids first; then what arXiv's search says of them. */
async function announcedPage(
  requester: Requester,
  categories: readonly string[],
  { addresses }: IngestOptions,
): Promise<Page> {
  const url = new URL(`${addresses?.announcements ?? announcementsAddress}${categories.join('+')}`);
  const { ids, problems } = await ask(requester, url, parseAnnouncements);
  const more = ids.length > 0;
  const after = more ? { done: 0, ids } : { done: 0 };
  return { records: [], problems, done: 0, total: ids.length, after, more };
}

async function idsPage(
  requester: Requester,
  { done, ids = [] }: State,
  { addresses }: IngestOptions,
): Promise<Page> {
  const [batch, rest] = [ids.slice(0, batchSize), ids.slice(batchSize)];
  const url = new URL(addresses?.query ?? queryAddress);
  url.searchParams.set('id_list', batch.join(','));
  url.searchParams.set('max_results', String(batch.length));
  const { records, problems } = await ask(requester, url, (document) => {
    const page = parseArxivAtom(document);
    if (batch.length > 1 && page.records.length + page.problems.length === 0)
      throw new TemporaryError('answered an empty page');
    return page;
  });
  // The answer has an order of its own.
  const found = new Set(records.map(({ arxivId }) => arxivId));
  const missing = batch.flatMap((id, index) =>
    found.has(id) ? [] : [{ line: done + index + 1, message: `${id}: arXiv has no such paper` }],
  );
  return {
    records: records.filter(({ arxivId }) => batch.includes(arxivId ?? '')),
    problems: [...problems, ...missing],
    done: done + batch.length,
    total: done + ids.length,
    after: rest.length > 0 ? { done: done + batch.length, ids: rest } : { done: 0 },
    more: rest.length > 0,
  };
}

async function harvestPage(
  requester: Requester,
  { set, from, versions = false }: Extract<IngestSource, { kind: 'harvest' }>,
  state: State,
  { addresses }: IngestOptions,
): Promise<Page> {
  const begin = state.from ?? from;
  const url = new URL(addresses?.harvest ?? harvestAddress);
  url.searchParams.set('verb', 'ListRecords');
  if (state.token) url.searchParams.set('resumptionToken', state.token);
  else {
    url.searchParams.set('metadataPrefix', versions ? 'arXivRaw' : 'arXiv');
    url.searchParams.set('set', set);
    if (begin) url.searchParams.set('from', begin);
  }
  try {
    const page = await ask(requester, url, parseOai);
    const done = state.done + page.records.length + page.problems.length;
    const token = page.resumptionToken;
    const next = state.next ?? page.respondedOn ?? begin;
    const { restarts } = state;
    const after = token ? { done, from: begin, token, next, restarts } : { done: 0, from: next };
    return { ...page, done, total: undefined, after, more: token !== undefined };
  } catch (error) {
    if (!(error instanceof ResumptionError) || !state.token) throw error;
    const restarts = (state.restarts ?? 0) + 1;
    if (restarts > mostRestarts)
      throw new ImportError(`${error.message}, ${restarts} times; run again later to go on`, {
        cause: error,
      });
    // The server forgot the list: from its beginning again; what is stored is only found unchanged.
    const after = { done: 0, from: begin, restarts };
    return { records: [], problems: [], done: 0, total: undefined, after, more: true };
  }
}
