import type { Kysely } from 'kysely';
import { LRUCache } from 'lru-cache';
import { isDay } from '../calendar.js';
import type { Database } from '../database/schema.js';
import { normaliseTitle } from '../import/title.js';
import { paperByTitle, papersById, resolveId } from '../papers.js';
import type { SearchHit, SearchOptions, SearchResult, SimilarOrder, SimilarPapers } from '../types.js';
import type { PaperFilter } from './filter.js';
import { isFiltered, passes } from './filter.js';
import { fullTextOf, type WordQuery } from './fullText.js';
import { fuse } from './fusion.js';
import type { Meaning } from './meaning.js';
import { cleanQuery, type QueryTerms, queryTerms, tellingTerms } from './query.js';
import { correctedQuery, FeedSpelling } from './spelling.js';

const [defaultLimit, largestLimit] = [20, 120];
/** Papers of each list that are fused. */
const candidates = 50;
/** How much the rank among titles counts, where that among all words and that by meaning count 1. */
const titleWeight = 1.5;
/** Queries whose number of papers is known. */
const keptCounts = 1000;

interface Page {
  readonly limit: number;
  readonly offset: number;
}

interface Scored {
  readonly id: string;
  readonly score: number;
}

interface Found {
  readonly total: number;
  readonly hits: readonly Scored[];
  /** Whose passages are shown. */
  readonly words: WordQuery | undefined;
  readonly model?: string;
  readonly corrected?: string;
}

/** The search of a feed. */
export class Searcher {
  readonly #db: Kysely<Database>;
  readonly #meaning: Meaning;
  readonly #spelling: FeedSpelling;
  readonly #counts = new LRUCache<string, number>({ max: keptCounts });
  #countedRevision = 0;

  constructor(db: Kysely<Database>, meaning: Meaning) {
    this.#db = db;
    this.#meaning = meaning;
    this.#spelling = new FeedSpelling(db);
  }

  /**
   * Papers for a query, best first: the paper that the query names exactly (arXiv id, DOI, slug or title), then the
   * ranks by titles, by all words and by meaning as one.
   * @throws RangeError for a limit outside 1 to 120, an offset that is negative or no integer, a day that is none.
   */
  async search(query: string, options: SearchOptions = {}): Promise<SearchResult> {
    const { limit = defaultLimit, offset = 0 } = options;
    refuseBadOptions(options, limit, offset);
    const text = cleanQuery(query);
    const named = await this.#named(text, options);
    // Whoever gives an id means this one paper, and an id has no other meaning.
    const by = named.some(({ byId }) => byId) ? 'words' : options.by;
    const found = await this.#find(
      text,
      { ...options, by },
      named.map(({ id }) => id),
      {
        limit: Math.max(0, limit - Math.max(0, named.length - offset)),
        offset: Math.max(0, offset - named.length),
      },
    );
    const best = found.hits[0]?.score ?? 0;
    const leading = named.map(({ id }, index) => ({ id, score: best + named.length - index }));
    const passages = new Map(named.map(({ id, match }) => [id, [{ text: match, match: true }]] as const));
    const { total, model, corrected } = found;
    return {
      query: text,
      ...(corrected !== undefined && { corrected }),
      total: named.length + total,
      hits: await this.#withPapers(
        [...leading.slice(offset, offset + limit), ...found.hits],
        passages,
        found.words,
      ),
      index: model === undefined ? 'full-text' : 'hybrid',
      ...(model !== undefined && { model }),
    };
  }

  /** The papers whose id, DOI, slug or title the query is, at most one each, and what of them it matched. */
  async #named(text: string, filter: PaperFilter): Promise<{ id: string; match: string; byId: boolean }[]> {
    if (normaliseTitle(text) === '') return [];
    const byTitle = await paperByTitle(this.#db, text);
    const id = (await resolveId(this.#db, text)) ?? (await this.#idOfDoi(text));
    const named = [
      ...(id === undefined || id === byTitle?.id ? [] : [{ id, match: text, byId: true }]),
      ...(byTitle ? [{ id: byTitle.id, match: byTitle.title, byId: false }] : []),
    ];
    if (named.length === 0) return [];
    const passing = await this.#db
      .selectFrom('paper')
      .select('id')
      .where(
        'id',
        'in',
        named.map((paper) => paper.id),
      )
      .where(passes(this.#db, filter))
      .execute();
    return named.filter((paper) => passing.some((row) => row.id === paper.id));
  }

  async #idOfDoi(text: string): Promise<string | undefined> {
    const doi = /^(?:https?:\/\/(?:dx\.)?doi\.org\/|doi:\s*)?(10\.\d{4,9}\/\S+)$/i.exec(text)?.[1];
    if (doi === undefined) return undefined;
    const row = await this.#db
      .selectFrom('paper')
      .select('id')
      .where('doi', '=', doi.toLowerCase())
      .executeTakeFirst();
    return row?.id;
  }

  async #find(text: string, options: SearchOptions, except: readonly string[], page: Page): Promise<Found> {
    const terms = queryTerms(text);
    const filter = filterOf(options);
    if (terms.terms.length === 0) return { total: 0, hits: [], words: undefined };
    const { words, corrected } = await this.#wordQuery(text, terms, filter, except);
    const said = corrected === undefined ? {} : { corrected };
    // Whoever quotes wants these words.
    if (options.by === 'words' || terms.quoted)
      return { ...(await this.#byWords(words, except, page)), ...said };
    const near = await this.#near(corrected ?? text, words, options);
    if (!near && options.by === 'meaning') return { total: 0, hits: [], words, ...said };
    if (!near) return { ...(await this.#byWords(words, except, page)), ...said };
    if (options.by === 'meaning') return { ...meaningPage(near, except, page), words, ...said };
    return { ...(await this.#fused(words, near, except, page)), ...said };
  }

  /** All words of the query; the nearest ones where some stand nowhere; one of them where no paper has all. */
  async #wordQuery(
    text: string,
    terms: QueryTerms,
    filter: PaperFilter,
    except: readonly string[],
  ): Promise<{ words: WordQuery; corrected?: string }> {
    const all = { terms, operator: 'AND', filter } as const;
    if (except.length > 0 || terms.quoted || (await this.#matches(all))) return { words: all };
    const corrected = await correctedQuery(text, await this.#spelling.get(), (word) => this.#stands(word));
    if (corrected === undefined) return { words: someOf(all) };
    const meant = { ...all, terms: queryTerms(corrected) };
    return { words: (await this.#matches(meant)) ? meant : someOf(meant), corrected };
  }

  #matches(words: WordQuery): Promise<boolean> {
    return fullTextOf(this.#db).hasMatch(this.#db, words);
  }

  /** Whether a word stands in some paper, in any form. */
  #stands(terms: QueryTerms): Promise<boolean> {
    return this.#matches({ terms, operator: 'OR', filter: {} });
  }

  /** Counting goes through all matches; what many look for, or one page after page, is counted once. */
  async #count(words: WordQuery): Promise<number> {
    const fullText = fullTextOf(this.#db);
    if (isFiltered(words.filter)) return fullText.countMatches(this.#db, words);
    const revision = await fullText.revision(this.#db);
    if (revision !== this.#countedRevision) this.#counts.clear();
    this.#countedRevision = revision;
    const key = JSON.stringify([words.operator, words.terms]);
    const count = this.#counts.get(key) ?? (await fullText.countMatches(this.#db, words));
    this.#counts.set(key, count);
    return count;
  }

  async #byWords(words: WordQuery, except: readonly string[], { limit, offset }: Page): Promise<Found> {
    const fullText = fullTextOf(this.#db);
    const total = await this.#count(words);
    const named = await fullText.matchesAmong(this.#db, words, except);
    const ids = limit > 0 ? await fullText.matchPapers(this.#db, words, { except, limit, offset }) : [];
    return { total: total - named.size, hits: byRank(ids, offset), words };
  }

  /** The papers that mean what the query says. A search never fails for want of a model. */
  async #near(text: string, words: WordQuery, options: SearchOptions) {
    try {
      const near = await this.#meaning.nearest(text, {
        filter: words.filter,
        count: candidates,
        within: options.within,
      });
      // To some models every text means something, also one of letters in no order.
      if (!near) return undefined;
      const known = near.papers.length > 0 && (words.operator === 'AND' || (await this.#stands(words.terms)));
      return { model: near.model.name, papers: known ? near.papers : [] };
    } catch {
      return undefined;
    }
  }

  /** One list of three; after its end come the papers with the words that stand on none of them. */
  async #fused(
    words: WordQuery,
    near: { model: string; papers: readonly { id: string }[] },
    except: readonly string[],
    { limit, offset }: Page,
  ): Promise<Found> {
    const fullText = fullTextOf(this.#db);
    const first = { except, limit: candidates, offset: 0 };
    // One word of many in a title tells little.
    const all = { ...words, operator: 'AND' } as const;
    const [lexical, titles, found] = await Promise.all([
      fullText.matchPapers(this.#db, words, first),
      fullText.matchPapers(this.#db, all, { ...first, titles: true }),
      this.#count(words),
    ]);
    const semantic = near.papers.map(({ id }) => id).filter((id) => !except.includes(id));
    const fused = fuse([
      { ids: titles, weight: titleWeight },
      { ids: lexical, weight: 1 },
      { ids: semantic, weight: 1 },
    ]);
    const unsure = [...semantic.filter((id) => !lexical.includes(id)), ...except];
    const matching = await fullText.matchesAmong(this.#db, words, unsure);
    const onlyMeaning = semantic.filter((id) => !lexical.includes(id) && !matching.has(id)).length;
    const named = except.filter((id) => matching.has(id)).length;
    const total = found - named + onlyMeaning;
    const hits = fused.slice(offset, offset + limit);
    if (hits.length < limit && offset + hits.length < total) {
      const rest = await fullText.matchPapers(this.#db, words, {
        except: [...except, ...fused.map(({ id }) => id)],
        limit: limit - hits.length,
        offset: Math.max(0, offset - fused.length),
      });
      const last = fused.at(-1)?.score ?? 1;
      hits.push(...byRank(rest, offset).map(({ id, score }) => ({ id, score: score * last })));
    }
    return { total, hits, words, model: near.model };
  }

  /** The papers nearest to a paper, in an order. */
  async similar(
    id: string,
    { sort = 'similarity', limit = 10 }: { sort?: SimilarOrder; limit?: number } = {},
  ): Promise<SimilarPapers> {
    const stored = await resolveId(this.#db, id);
    const near = stored === undefined ? undefined : await this.#meaning.similarTo(stored, limit);
    if (!near || near.papers.length === 0) return { papers: [] };
    const papers = await papersById(
      this.#db,
      near.papers.map((each) => each.id),
    );
    const found = near.papers.flatMap(({ id: nearId, similarity }) => {
      const paper = papers.get(nearId);
      return paper && !paper.withdrawnOn ? [{ paper, similarity }] : [];
    });
    return { model: near.model.name, papers: found.sort(orders[sort]) };
  }

  async #withPapers(
    hits: readonly Scored[],
    passages: ReadonlyMap<string, SearchHit['snippet']>,
    words: WordQuery | undefined,
  ): Promise<SearchHit[]> {
    const ids = hits.map(({ id }) => id);
    const papers = await papersById(this.#db, ids);
    const others = ids.filter((id) => !passages.has(id));
    const snippets = words ? await fullTextOf(this.#db).snippetsOf(this.#db, words, others) : new Map();
    return hits.flatMap(({ id, score }) => {
      const paper = papers.get(id);
      return paper ? [{ paper, score, snippet: passages.get(id) ?? snippets.get(id) ?? [] }] : [];
    });
  }
}

/** What of the options says which papers count: every condition that there is. */
const filterOf = ({
  family,
  author,
  tag,
  venue,
  from,
  to,
  slugs,
  newSince,
  readingListOf,
}: SearchOptions): { readonly [Name in keyof Required<PaperFilter>]: PaperFilter[Name] } => ({
  family,
  author,
  tag,
  venue,
  from,
  to,
  slugs,
  newSince,
  readingListOf,
});

/** Papers with one of the words, of those that tell something. */
const someOf = (all: WordQuery): WordQuery => ({
  ...all,
  terms: tellingTerms(all.terms),
  operator: 'OR',
});

type SimilarPaper = SimilarPapers['papers'][number];

/** Equally new or liked papers stay in the order of their similarity. */
const orders: Readonly<Record<SimilarOrder, (a: SimilarPaper, b: SimilarPaper) => number>> = {
  similarity: (a, b) => b.similarity - a.similarity,
  newest: (a, b) => compareTexts(b.paper.publishedOn ?? '', a.paper.publishedOn ?? ''),
  votes: (a, b) => b.paper.upvotes - a.paper.upvotes,
};

const compareTexts = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** Papers in an order of which only the ranks can be compared. */
const byRank = (ids: readonly string[], offset: number): Scored[] =>
  ids.map((id, index) => ({ id, score: 1 / (offset + index + 1) }));

function meaningPage(
  near: { model: string; papers: readonly { id: string; similarity: number }[] },
  except: readonly string[],
  { limit, offset }: Page,
): Omit<Found, 'words'> {
  const others = near.papers.filter(({ id }) => !except.includes(id));
  const hits = others.slice(offset, offset + limit).map(({ id, similarity }) => ({ id, score: similarity }));
  return { total: others.length, hits, model: near.model };
}

function refuseBadOptions({ from, to, newSince }: SearchOptions, limit: number, offset: number): void {
  if (!Number.isInteger(limit) || limit < 1 || limit > largestLimit) {
    throw new RangeError(`search: limit: got ${limit}, expected an integer from 1 to ${largestLimit}`);
  }
  if (!Number.isSafeInteger(offset) || offset < 0) {
    throw new RangeError(`search: offset: got ${offset}, expected an integer from 0`);
  }
  for (const [name, day] of Object.entries({ from, to, newSince })) {
    if (day !== undefined && !isDay(day)) {
      throw new RangeError(`search: ${name}: got ${JSON.stringify(day)}, expected a day as YYYY-MM-DD`);
    }
  }
}
