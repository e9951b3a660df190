import { type Context, Hono } from 'hono';
import { ApiError } from '../apiError.js';
import { openApiDocument } from '../openApi/document.js';
import { baseOf, type Site } from '../site.js';
import { escapeMarkup } from '../text/markup.js';
import { paperMarkdown } from '../text/paperMarkdown.js';
import { siteGuide } from '../text/siteGuide.js';

const markdownType = 'text/markdown; charset=utf-8';
/** Addresses of one sitemap at the most, as the protocol has it. */
const sitemapLength = 50_000;
/** Papers a query, since more at once would hold up other requests. */
const sitemapStep = 1000;

/** What programs read: papers as markdown, `llms.txt`, `robots.txt`, the sitemaps and the description of the API. */
export function documentRoutes(site: Site): Hono {
  const { feed } = site;
  const routes = new Hono();

  routes.get('/papers/:id{[^]+?}', async (c) => {
    const id = c.req.param('id').replace(/\.md$/, '');
    const paper = await feed.paper(id);
    if (!paper) throw new ApiError(404, 'PaperNotFound', `paper ${id}: not found`);
    c.header('content-type', markdownType);
    return c.body(await paperMarkdown(site, paper, baseOf(site, c)));
  });

  routes.get('/llms.txt', async (c) => {
    c.header('content-type', 'text/plain; charset=utf-8');
    return c.body(await siteGuide(site, baseOf(site, c)));
  });

  routes.get('/robots.txt', (c) =>
    c.text(
      `User-agent: *\nDisallow: /account\nDisallow: /u/\n\nSitemap: ${new URL('/sitemap.xml', baseOf(site, c)).href}\n`,
    ),
  );

  routes.get('/sitemap.xml', async (c) => {
    const { total } = await feed.list({ limit: 1 });
    const count = Math.max(1, Math.ceil(total / sitemapLength));
    const parts = Array.from({ length: count }, (_, i) => `/sitemap-${i + 1}.xml`);
    return xml(
      c,
      baseOf(site, c),
      'sitemapindex',
      'sitemap',
      parts.map((part) => ({ address: part })),
    );
  });

  routes.get('/:name{sitemap-[1-9]\\d{0,3}\\.xml}', async (c) => {
    const part = Number(/\d+/.exec(c.req.param('name'))![0]) - 1;
    const entries: Entry[] =
      part === 0
        ? ['/', '/verdicts', '/about', '/docs', '/papers/trending'].map((address) => ({ address }))
        : [];
    for (let step = 0; step < sitemapLength; step += sitemapStep) {
      const { papers } = await feed.list({ limit: sitemapStep, offset: part * sitemapLength + step });
      entries.push(...papers.map(({ id, listedOn }) => ({ address: `/papers/${id}`, changedOn: listedOn })));
      if (papers.length < sitemapStep) break;
    }
    if (entries.length === 0) throw new ApiError(404, 'NotFound', `no such address: ${c.req.path}`);
    return xml(c, baseOf(site, c), 'urlset', 'url', entries.slice(0, sitemapLength));
  });

  routes.get('/api/openapi.json', (c) => c.json(openApiDocument(baseOf(site, c))));
  return routes;
}

interface Entry {
  readonly address: string;
  readonly changedOn?: string | undefined;
}

function xml(c: Context, base: string, root: string, element: string, entries: readonly Entry[]): Response {
  const lines = entries.map(({ address, changedOn }) => {
    const location = new URL(address, base).href;
    const change = changedOn ? `<lastmod>${changedOn}</lastmod>` : '';
    return `<${element}><loc>${escapeMarkup(location)}</loc>${change}</${element}>`;
  });
  c.header('content-type', 'application/xml; charset=utf-8');
  return c.body(
    `<?xml version="1.0" encoding="UTF-8"?>\n<${root} xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">\n${lines.join('\n')}\n</${root}>\n`,
  );
}
