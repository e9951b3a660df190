import { createRequire } from 'node:module';
import { Resvg } from '@resvg/resvg-js';
import { type Context, Hono } from 'hono';
import { ApiError } from '../apiError.js';
import type { Site } from '../site.js';
import { pictureOf } from '../text/picture.js';

const require = createRequire(import.meta.url);
const fontFiles = ['DejaVuSerif-Bold', 'DejaVuSans'].map((name) =>
  require.resolve(`dejavu-fonts-ttf/ttf/${name}.ttf`),
);

/** Pictures that are kept drawn. */
const mostKept = 500;

/** `/pictures/papers/{id}.png`: what previews of links to a paper show, 1200 × 630. */
export function pictureRoutes(site: Site): Hono {
  const drawn = new Map<string, Uint8Array<ArrayBuffer>>();
  const routes = new Hono();
  routes.get('/pictures/papers/:name{[^]+\\.png}', async (c: Context) => {
    const id = c.req.param('name')!.slice(0, -'.png'.length);
    const paper = await site.feed.paper(id);
    if (!paper) throw new ApiError(404, 'PaperNotFound', `paper ${id}: not found`);
    const svg = await pictureOf(site, paper);
    const kept = drawn.get(svg) ?? draw(svg);
    if (drawn.size >= mostKept) drawn.delete(drawn.keys().next().value as string);
    drawn.set(svg, kept);
    c.header('content-type', 'image/png');
    c.header('cache-control', 'public, max-age=3600');
    return c.body(kept);
  });
  return routes;
}

function draw(svg: string): Uint8Array<ArrayBuffer> {
  const font = { fontFiles, loadSystemFonts: false, defaultFontFamily: 'DejaVu Sans' };
  return new Uint8Array(new Resvg(svg, { font }).render().asPng());
}
