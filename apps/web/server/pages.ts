import { existsSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { fileURLToPath } from 'node:url';
import type { Site } from './site.js';

/** A request on its way to the pages: their load functions find the site at `event.platform.req.site`. */
export type SiteRequest = IncomingMessage & { site?: Site };

/** Answers with a page or an asset. */
export type PageHandler = (request: SiteRequest, response: ServerResponse) => void;

/**
 * Loads the built pages.
 * @param handler the script that the build makes for them
 * @throws Error with one line for the user when it is not there
 */
export async function loadPages(handler: URL): Promise<PageHandler> {
  if (!existsSync(fileURLToPath(handler)))
    throw new Error('serve: the site is not built; run `npm run build` first');
  const built = (await import(handler.href)) as { handler: PageHandler };
  return built.handler;
}
