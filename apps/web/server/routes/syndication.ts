import {
  type FeedPaper,
  isDay,
  isPeriod,
  type ListQuery,
  type PeriodKind,
  readableText,
} from '@evenkeel/feed';
import { Feed } from 'feed';
import { type Context, Hono } from 'hono';
import { ApiError } from '../apiError.js';
import { queryParameter } from '../parameters.js';
import { baseOf, type Site } from '../site.js';
import { escapeMarkup } from '../text/markup.js';

/** Papers of a feed at the most. */
const longestFeed = 50;
/** Hits of a search from which the newest are taken. */
const mostHits = 120;
/** Milliseconds for which a paper counts as recent. */
const recent = 60 * 24 * 3600_000;

const formats = {
  atom: { type: 'application/atom+xml; charset=utf-8', write: (feed: Feed) => feed.atom1() },
  rss: { type: 'application/rss+xml; charset=utf-8', write: (feed: Feed) => feed.rss2() },
  json: { type: 'application/feed+json; charset=utf-8', write: (feed: Feed) => feed.json1() },
} as const;

type Format = keyof typeof formats;

/** What a feed is of. */
interface Channel {
  readonly title: string;
  /** Address of the page with the same papers. */
  readonly page: string;
  readonly papers: readonly FeedPaper[];
}

/**
 * Atom, RSS and JSON Feed of every list: `/feeds/daily.atom`, `/feeds/trending.rss`, `/feeds/date/DAY.atom`,
 * `/feeds/week.atom` and `/feeds/month.atom` of the present ones, `/feeds/week/NAME.atom`, `/feeds/families/routing.json`,
 * `/feeds/authors/NAME.atom`, `/feeds/tags/TAG.atom`, `/feeds/venues/NAME.atom`, `/feeds/search.atom?q=`.
 */
export function syndicationRoutes(site: Site): Hono {
  const routes = new Hono();
  routes.get('/feeds/:name{[^]+}', async (c) => {
    const [, path, format] = /^(.+)\.(atom|rss|json)$/s.exec(c.req.param('name')) ?? [];
    const channel =
      path === undefined
        ? undefined
        : ((await similarChannel(site, path)) ?? (await channelOf(site, c, path)));
    if (!channel) throw new ApiError(404, 'FeedNotFound', `no such feed: ${c.req.path}`);
    const { type, write } = formats[format as Format];
    c.header('content-type', type);
    return c.body(write(feedOf(new URL(c.req.url).search, baseOf(site, c), channel, path as string)));
  });
  return routes;
}

async function channelOf(site: Site, c: Context, path: string): Promise<Channel | undefined> {
  const [list, name] = path.split(/\/(.*)/s) as [string, string | undefined];
  if (list === 'week' || list === 'month') return periodChannel(site, list, name);
  if (list === 'date') return dayChannel(site, name ?? '');
  const papersOf = async (query: ListQuery) =>
    (await site.feed.list({ ...query, limit: longestFeed })).papers;
  if (name === undefined) {
    if (list === 'daily')
      return { title: 'Daily papers', page: '/', papers: await papersOf({ sort: 'list' }) };
    if (list === 'newest') return { title: 'Newest papers', page: '/', papers: await papersOf({}) };
    if (list === 'trending') {
      return {
        title: 'Trending papers',
        page: '/papers/trending',
        papers: await papersOf({ sort: 'trending' }),
      };
    }
    return list === 'search' ? searchChannel(site, queryParameter(c, 'q', 250)) : undefined;
  }
  const queries: Readonly<Record<string, ListQuery>> = {
    families: { family: name },
    authors: { author: name },
    tags: { tag: name },
    venues: { venue: name },
  };
  const query = Object.hasOwn(queries, list) ? queries[list] : undefined;
  const papers = query ? await papersOf(query) : [];
  if (papers.length === 0) return undefined;
  return { title: `Papers: ${name}`, page: `/${list}/${encodeURIComponent(name)}`, papers };
}

/** A day's list in its order, that of the last earlier day where it has none. */
async function dayChannel({ feed }: Site, name: string): Promise<Channel | undefined> {
  const day = isDay(name) ? await feed.day(name) : undefined;
  return day && { title: `Papers of ${day.date}`, page: `/papers/date/${day.date}`, papers: day.papers };
}

/** A week or month with the papers of most votes first; the present one unless it is named, or the last with papers. */
async function periodChannel(
  { feed }: Site,
  kind: PeriodKind,
  name: string | undefined,
): Promise<Channel | undefined> {
  if (name !== undefined && !isPeriod(kind, name)) return undefined;
  const period = await feed.period(kind, name);
  if (!period) return undefined;
  const { papers } = await feed.list({ listed: period, sort: 'votes', limit: longestFeed });
  return { title: `Papers of ${period.name}`, page: `/papers/${kind}/${period.name}`, papers };
}

/**
 * Hits of a search, by its words alone, since something means nearly the same as any words; the newest first. Those of
 * the last weeks are looked for by themselves: among all papers they may be far from the best.
 */
async function searchChannel({ feed }: Site, query: string): Promise<Channel> {
  const newSince = new Date(Date.now() - recent).toISOString().slice(0, 10);
  const options = { by: 'words', limit: mostHits } as const;
  const results = [await feed.search(query, { ...options, newSince }), await feed.search(query, options)];
  const papers = new Map(results.flatMap(({ hits }) => hits.map(({ paper }) => [paper.id, paper])));
  return {
    title: `Papers for “${query}”`,
    page: `/search?q=${encodeURIComponent(query)}`,
    papers: [...papers.values()]
      .sort((a, b) => Number(dateOf(b) ?? 0) - Number(dateOf(a) ?? 0))
      .slice(0, longestFeed),
  };
}

/** The papers near to one, the newest first: `/feeds/similar/2501.04697.atom`. */
async function similarChannel({ feed }: Site, path: string): Promise<Channel | undefined> {
  const id = /^similar\/(.+)$/s.exec(path)?.[1];
  const paper = id === undefined ? undefined : await feed.paper(id);
  if (!paper) return undefined;
  const { papers } = await feed.similar(paper.id, { sort: 'newest', limit: longestFeed });
  if (papers.length === 0) return undefined;
  return {
    title: `Papers like “${paper.title}”`,
    page: `/papers/${paper.id}?similar=newest#similar`,
    papers: papers.map((each) => each.paper),
  };
}

function feedOf(search: string, base: string, { title, page, papers }: Channel, path: string): Feed {
  const absolute = (address: string) => new URL(address, base).href;
  const addressOf = (format: Format) =>
    absolute(`/feeds/${path.split('/').map(encodeURIComponent).join('/')}.${format}${search}`);
  const dates = papers.map(dateOf).filter((date) => date !== undefined);
  const feed = new Feed({
    id: addressOf('atom'),
    title: `Evenkeel: ${title}`,
    link: absolute(page),
    description: title,
    updated: new Date(Math.max(0, ...dates.map(Number))),
    generator: 'Evenkeel',
    favicon: absolute('/favicon.svg'),
    feedLinks: { atom: addressOf('atom'), rss: addressOf('rss'), json: addressOf('json') },
  });
  for (const paper of papers) feed.addItem(itemOf(paper, absolute));
  return feed;
}

/** The day on which a paper was last listed, else published. */
function dateOf({ listedOn, publishedOn }: FeedPaper): Date | undefined {
  const day = listedOn ?? publishedOn;
  return day === undefined ? undefined : new Date(`${day}T00:00:00Z`);
}

function itemOf(paper: FeedPaper, absolute: (address: string) => string) {
  const { id, authors, tags, family } = paper;
  const address = absolute(`/papers/${id}`);
  const description = paper.summary ?? paper.abstract ?? paper.aiSummary;
  const date = dateOf(paper) ?? new Date(0);
  return {
    id: address,
    link: address,
    title: readableText(paper.title),
    date,
    ...(paper.publishedOn && { published: new Date(`${paper.publishedOn}T00:00:00Z`) }),
    ...(description !== undefined && {
      // Readers take it for HTML.
      description: escapeMarkup(readableText(description)),
    }),
    ...(authors.length > 0 && { author: authors.map((name) => ({ name })) }),
    category: [...(family ? [family] : []), ...tags.map(({ tag }) => tag)].map((name) => ({ name })),
  };
}
