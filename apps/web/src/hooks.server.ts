import type { Site } from '@evenkeel/web/server';
import type { Handle, HandleServerError } from '@sveltejs/kit';
import { dev } from '$app/environment';

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
  return resolve(event);
};

/** Faults of this side go to the log; what a visitor mistypes does not. */
export const handleError: HandleServerError = ({ error, event, status, message }) => {
  if (status >= 500) console.error(`${event.request.method} ${event.url.pathname}:`, error);
  return { message };
};
