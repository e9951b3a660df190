import { Hono } from 'hono';
import { ApiError } from '../apiError.js';
import { dayParameter, integerParameter, queryParameter } from '../parameters.js';
import { baseOf, type Site } from '../site.js';
import { flatPaper, listItems } from '../wire.js';

/** Papers by publication, by search and by id, in the wire format of Hugging Face's papers API. */
export function paperRoutes(site: Site): Hono {
  const { feed } = site;
  const routes = new Hono();

  routes.get('/api/papers', async (c) => {
    const limit = integerParameter(c, 'limit', { least: 1, most: 100, otherwise: 50 });
    const offset = integerParameter(c, 'cursor', { least: 0, most: 100_000_000, otherwise: 0 });
    const { papers, total } = await feed.list({ sort: 'newest', limit, offset });
    const next = offset + limit;
    if (next < total) c.header('link', `</api/papers?cursor=${next}&limit=${limit}>; rel="next"`);
    return c.json(await listItems(site, papers, baseOf(site, c)));
  });

  routes.get('/api/papers/search', async (c) => {
    const limit = integerParameter(c, 'limit', { least: 1, most: 120, otherwise: 120 });
    const filter = {
      ...(c.req.query('family') && { family: queryParameter(c, 'family', 100) }),
      ...(c.req.query('author') && { author: queryParameter(c, 'author', 200) }),
      ...(c.req.query('tag') && { tag: queryParameter(c, 'tag', 100) }),
      ...(c.req.query('venue') && { venue: queryParameter(c, 'venue', 100) }),
      from: dayParameter(c, 'from'),
      to: dayParameter(c, 'to'),
    };
    const { hits } = await feed.search(queryParameter(c, 'q', 250), { ...filter, limit });
    const papers = hits.map(({ paper }) => paper);
    return c.json(await listItems(site, papers, baseOf(site, c)));
  });

  // Old arXiv ids have a slash, and whatever is asked for gets the same kind of answer.
  routes.get('/api/papers/:id{[^]+}', async (c) => {
    const id = c.req.param('id');
    const paper = await feed.paper(id);
    if (!paper) throw new ApiError(404, 'PaperNotFound', `paper ${id}: not found`);
    return c.json(await flatPaper(site, paper, baseOf(site, c)));
  });

  // Artifacts of papers are not recorded here; clients that ask for them get none.
  for (const kind of ['models', 'datasets', 'spaces']) routes.get(`/api/${kind}`, (c) => c.json([]));
  routes.get('/api/arxiv/:id{[^]+}/repos', (c) => c.json({ models: [], datasets: [], spaces: [] }));
  return routes;
}
