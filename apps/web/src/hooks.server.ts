import { loggedPath, type Site } from '@evenkeel/web/server';
import type { Handle, HandleServerError } from '@sveltejs/kit';
import { dev } from '$app/environment';
import { keptPage } from '$lib/server/keptPages.js';
import { readSession } from '$lib/server/session.js';

let developmentSite: Promise<Site> | undefined;

/** Our server puts the site on the request; `vite dev` has no such server, so there it is opened here. */
async function openDevelopmentSite(): Promise<Site> {
  const { openSite } = await import('@evenkeel/web/server');
  return openSite({ dataDir: '../../data', resultsDir: '../../results' });
}

export const handle: Handle = async ({ event, resolve }) => {
  let site = event.platform?.req.site;
  if (!site && dev) {
    developmentSite ??= openDevelopmentSite();
    site = await developmentSite;
  }
  if (!site) throw new Error('the pages are served by startServer of @evenkeel/web/server only');
  event.locals.site = site;
  const session = readSession(event);
  if (session === undefined) {
    const isPage = event.request.method === 'GET' && !event.isDataRequest;
    return isPage && !dev ? keptPage(event, () => resolve(event)) : resolve(event);
  }
  event.locals.account = await site.feed.people.session(session);
  const response = await resolve(event);
  // Pages of somebody are for nobody else; those with a secret in their address nobody keeps.
  if (response.headers.get('cache-control') !== 'no-store')
    response.headers.set('cache-control', 'private, no-cache');
  return response;
};

/** Faults of this side go to the log; what a visitor mistypes does not. */
export const handleError: HandleServerError = ({ error, event, status, message }) => {
  if (status >= 500) {
    const { method } = event.request;
    event.locals.site.log.error({ method, path: loggedPath(event.url.pathname), err: error }, 'fault');
  }
  return { message };
};
