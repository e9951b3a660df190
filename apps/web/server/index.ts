import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gracefulClose } from './close.js';
import { headerLimit, type TimeLimits, usualTimes } from './limits.js';
import { createListener, type ListenerOptions } from './listener.js';
import { loadPages } from './pages.js';
import type { RateLimit } from './rateLimit.js';
import { closeSite, openSite, type SiteFolders } from './site.js';

export { acceptedEncoding, type Encoding, encodings } from './encodings.js';
export { loggedPath } from './log.js';
export { type MailSettings, mailerOf, offlineSender } from './mail.js';
export type { SiteRequest } from './pages.js';
export type { RecordedResults } from './results.js';
export { openSite, type Site, type SiteFolders } from './site.js';

export interface ServerOptions extends SiteFolders, Partial<ListenerOptions> {
  /** 0 picks a free one. */
  readonly port: number;
  /** Address to listen on; only this computer when left out. */
  readonly host?: string;
  /** How long visitors may take. */
  readonly times?: Partial<TimeLimits> | undefined;
}

export interface RunningServer {
  readonly url: string;
  /** Answers what has been asked, for at most five seconds, and closes the feed. */
  close(): Promise<void>;
}

/** Milliseconds in which answers that are under way may end when the site closes. */
const closingTime = 5_000;

/** As generous as Hugging Face's to anonymous clients. */
const usualRate: RateLimit = { requests: 500 };

const builtPages = new URL('../build/handler.js', import.meta.url);

/**
 * Serves pages, API and assets from one port.
 * @throws Error with one line for the user when the pages are not built, the port is taken or not allowed, or the data
 *   folder cannot be opened
 */
export async function startServer(options: ServerOptions): Promise<RunningServer> {
  const { port, host = '127.0.0.1' } = options;
  const pages = await loadPages(builtPages);
  const site = await openSite(options);
  try {
    const listener = createListener(site, pages, { rateLimit: usualRate, ...options });
    const server = limitedServer(listener, { ...usualTimes, ...options.times });
    const closeServer = gracefulClose(server, closingTime);
    await listen(server, port, host);
    return {
      url: urlOf(server.address() as AddressInfo, host),
      async close() {
        await closeServer();
        await closeSite(site);
      },
    };
  } catch (error) {
    await closeSite(site);
    throw error;
  }
}

function limitedServer(listener: RequestListener, times: TimeLimits): Server {
  const server = createServer(
    {
      headersTimeout: times.headers,
      requestTimeout: times.request,
      keepAliveTimeout: times.idle,
      connectionsCheckingInterval: times.checking,
      maxHeaderSize: headerLimit,
    },
    listener,
  );
  server.setTimeout(times.silence);
  return server;
}

function listen(server: Server, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => reject(listenError(error, port, host)));
    server.listen(port, host, resolve);
  });
}

function listenError(error: NodeJS.ErrnoException, port: number, host: string): Error {
  switch (error.code) {
    case 'EADDRINUSE':
      return new Error(`serve: port ${port} is taken; choose another with --port N`);
    case 'EACCES':
      return new Error(
        `serve: port ${port} is not allowed for this user; choose one above 1023 with --port N`,
      );
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
      return new Error(`serve: ${host} is no address of this computer; choose another with --host ADDRESS`);
    default:
      return error;
  }
}

function urlOf({ port }: AddressInfo, host: string): string {
  if (['127.0.0.1', '::1', '0.0.0.0', '::'].includes(host)) return `http://localhost:${port}`;
  return `http://${host.includes(':') ? `[${host}]` : host}:${port}`;
}
