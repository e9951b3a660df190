import type { ListQuery, PaperPage } from '@evenkeel/feed';
import { type Context, Hono } from 'hono';
import { ApiError } from '../apiError.js';
import { dayParameter, integerParameter, oneOfParameter, periodParameter } from '../parameters.js';
import { baseOf, type Site } from '../site.js';
import { listItems, submitter } from '../wire.js';

/** `GET /api/daily_papers`: what stands on the lists of days, of one day, week or month, or what trends. */
export function dailyRoutes(site: Site): Hono {
  const routes = new Hono();
  routes.get('/api/daily_papers', async (c) => {
    const limit = integerParameter(c, 'limit', { least: 1, most: 100, otherwise: 50 });
    const page = integerParameter(c, 'p', { least: 0, most: 1_000_000, otherwise: 0 });
    const { papers, total } = await pageOf(site, c, { limit, offset: page * limit });
    if ((page + 1) * limit < total) c.header('link', `<${nextPage(c, page)}>; rel="next"`);
    return c.json(await listItems(site, papers, baseOf(site, c)));
  });
  return routes;
}

async function pageOf(
  site: Site,
  c: Context,
  page: Required<Pick<ListQuery, 'limit' | 'offset'>>,
): Promise<PaperPage> {
  const sort = oneOfParameter(c, 'sort', ['publishedAt', 'trending'], 'publishedAt');
  const by = c.req.query('submitter');
  const listed = await listedDays(site, c);
  if (listed === 'nothing') return { total: 0, papers: [] };
  const reader = by === submitter.user ? null : by;
  const order = sort === 'trending' ? sort : 'list';
  return site.feed.list({
    ...page,
    sort: order,
    ...(listed && { listed }),
    ...(reader !== undefined && { submittedBy: reader }),
  });
}

/** The days that are asked for, or the last earlier ones with papers; undefined: all days. */
async function listedDays(site: Site, c: Context): Promise<ListQuery['listed'] | 'nothing'> {
  const date = dayParameter(c, 'date');
  const week = periodParameter(c, 'week');
  const month = periodParameter(c, 'month');
  if ([date, week, month].filter((each) => each !== undefined).length > 1) {
    throw new ApiError(400, 'BadRequest', 'date, week and month: got several, expected one of them');
  }
  if (date !== undefined) {
    const day = await site.feed.day(date);
    return day ? { from: day.date, to: day.date } : 'nothing';
  }
  const name = week ?? month;
  if (name === undefined) return undefined;
  const period = await site.feed.period(week === undefined ? 'month' : 'week', name);
  return period ? { from: period.from, to: period.to } : 'nothing';
}

function nextPage(c: Context, page: number): string {
  const url = new URL(c.req.url);
  url.searchParams.set('p', String(page + 1));
  return url.pathname + url.search;
}
