import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { getRequestListener } from '@hono/node-server';
import compression from 'compression';
import { createApi, isApiRequest } from './api.js';
import { setHeaders } from './headers.js';
import { type Refusal, refusal } from './limits.js';
import { loggedPath } from './log.js';
import { Metrics, mayReadMetrics } from './metrics.js';
import { type PageHandler, type SiteRequest, setAddress } from './pages.js';
import type { RateLimit } from './rateLimit.js';
import type { Site } from './site.js';
import { visitorReader } from './visitor.js';

// The middleware is typed for Express but asks for no more than Node's own.
type Compression = (request: SiteRequest, response: ServerResponse, next: () => void) => void;

export interface ListenerOptions {
  readonly rateLimit: RateLimit;
  /** Opens `/metrics` to other computers. */
  readonly metricsToken?: string | undefined;
  /** Whose word counts on who asks: see `visitorReader`. Nobody's unless said. */
  readonly trustedProxies?: readonly string[] | undefined;
}

/** Hono answers the API and documents; everything else is a page or an asset. */
export function createListener(
  site: Site,
  pages: PageHandler,
  { rateLimit, metricsToken, trustedProxies = [] }: ListenerOptions,
): RequestListener {
  // Without its replacements for Request and Response, which SvelteKit does not know.
  const api = getRequestListener(createApi(site, rateLimit).fetch, { overrideGlobalObjects: false });
  // Pages carry recorded curves; assets were compressed when they were built, and pass as they are.
  const compress = compression() as unknown as Compression;
  const metrics = new Metrics(site);
  const readVisitor = visitorReader(trustedProxies);
  const isEncrypted = site.publicUrl?.startsWith('https:');
  return (request: SiteRequest, response) => {
    watch(request, response, site, metrics);
    const visitor = readVisitor(request);
    request.visitor = visitor;
    setHeaders(response, isEncrypted ?? visitor.protocol === 'https');
    const refused = refusal(request);
    if (refused) return answerRefusal(request, response, refused);
    if (request.url === '/metrics') {
      if (mayReadMetrics(request, metricsToken)) {
        metrics.answer(response).catch((error) => {
          site.log.error({ err: error }, 'metrics');
          answerText(response, 503, 'The database does not answer.');
        });
      } else answerText(response, 403, 'Metrics are for this computer, or for whoever has the token.');
      return;
    }
    // Papers are pages or markdown, by what is asked for.
    if (request.url?.startsWith('/papers/')) response.setHeader('vary', 'accept');
    if (isApiRequest(request.url ?? '/', request.headers.accept)) {
      compress(request, response, () => void api(request, response));
      return;
    }
    request.site = site;
    setAddress(request, visitor, site.publicUrl);
    compress(request, response, () => pages(request, response));
  };
}

/** Programs of the API are refused in its own form. */
function answerRefusal(request: IncomingMessage, response: ServerResponse, refused: Refusal): void {
  const { status, message, headers } = refused;
  if (!isApiRequest(request.url ?? '/', request.headers.accept)) {
    answerText(response, status, message, headers);
    return;
  }
  const code = status === 413 ? 'PayloadTooLarge' : 'MethodNotAllowed';
  const told = { 'x-error-code': code, 'x-error-message': message, 'content-type': 'application/json' };
  response.writeHead(status, { ...headers, ...told });
  response.end(JSON.stringify({ error: message }));
}

function answerText(response: ServerResponse, status: number, message: string, headers = {}): void {
  response.writeHead(status, { ...headers, 'content-type': 'text/plain; charset=utf-8' });
  response.end(`${message}\n`);
}

/** Measures and logs every request when its answer is sent, or its connection lost. */
function watch(request: IncomingMessage, response: ServerResponse, { log }: Site, metrics: Metrics): void {
  const start = performance.now();
  response.once('close', () => {
    const path = loggedPath(request.url ?? '/');
    const milliseconds = performance.now() - start;
    metrics.observe(path, response.statusCode, milliseconds / 1000);
    const facts = { method: request.method, path, status: response.statusCode, ms: Math.round(milliseconds) };
    log.info(response.writableFinished ? facts : { ...facts, aborted: true }, 'request');
  });
}
