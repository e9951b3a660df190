import { existsSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { fileURLToPath } from 'node:url';
import type { Site } from './site.js';
import type { Visitor } from './visitor.js';

/** A request of which is known who asks; on its way to the pages their load functions find the site at `event.platform.req.site`. */
export type SiteRequest = IncomingMessage & { visitor?: Visitor; site?: Site };

/** Headers in which the built pages find who asks, and under which address: set here, whatever a visitor sends. */
const addressHeaders = {
  protocol: 'x-evenkeel-protocol',
  host: 'x-evenkeel-host',
  visitor: 'x-evenkeel-visitor',
} as const;

/**
 * Tells the pages who asks, and under which address: forms are taken from pages of that address only. It is the site's own
 * where it is known; whoever sends a form from a page of the address that is really asked is no stranger either.
 */
export function setAddress(
  { headers }: IncomingMessage,
  { address, protocol }: Visitor,
  publicUrl: string | undefined,
): void {
  const known = publicUrl === undefined ? undefined : new URL(publicUrl);
  const own = known && (headers.origin === undefined || headers.origin === known.origin) ? known : undefined;
  headers[addressHeaders.protocol] = own ? own.protocol.slice(0, -1) : protocol;
  headers[addressHeaders.host] = own?.host ?? headers.host ?? 'localhost';
  headers[addressHeaders.visitor] = address;
}

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
  process.env.PROTOCOL_HEADER = addressHeaders.protocol;
  process.env.HOST_HEADER = addressHeaders.host;
  process.env.ADDRESS_HEADER = addressHeaders.visitor;
  const built = (await import(handler.href)) as { handler: PageHandler };
  return built.handler;
}
