import type { RequestListener, ServerResponse } from 'node:http';
import { getRequestListener } from '@hono/node-server';
import compression from 'compression';
import { createApi } from './api.js';
import { setHeaders } from './headers.js';
import { refusal } from './limits.js';
import type { PageHandler, SiteRequest } from './pages.js';
import type { Site } from './site.js';

// The middleware is typed for Express but asks for no more than Node's own.
type Compression = (request: SiteRequest, response: ServerResponse, next: () => void) => void;

/** Hono answers what begins with `/api/` and the health check; everything else is a page or an asset. */
export function createListener(site: Site, pages: PageHandler): RequestListener {
  // Without its replacements for Request and Response, which SvelteKit does not know.
  const api = getRequestListener(createApi(site).fetch, { overrideGlobalObjects: false });
  // Pages carry recorded curves; assets were compressed when they were built, and pass as they are.
  const compress = compression() as unknown as Compression;
  return (request: SiteRequest, response) => {
    setHeaders(response);
    const refused = refusal(request);
    if (refused) {
      response.writeHead(refused.status, { ...refused.headers, 'content-type': 'text/plain; charset=utf-8' });
      response.end(`${refused.message}\n`);
      return;
    }
    if (/^\/(?:api(?:\/|$)|healthz$)/.test((request.url ?? '/').replace(/\?.*/s, ''))) {
      void api(request, response);
      return;
    }
    request.site = site;
    compress(request, response, () => pages(request, response));
  };
}
