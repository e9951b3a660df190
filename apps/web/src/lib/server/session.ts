import type { RequestEvent } from '@sveltejs/kit';

/** Seconds; when a session really ends, the feed knows. */
const cookieLife = 180 * 24 * 3600;

type Event = Pick<RequestEvent, 'locals' | 'cookies' | 'url'>;

/** Whether visitors reach the site by https. */
const isSecure = ({ locals: { site }, url }: Event): boolean =>
  new URL(site.publicUrl ?? url).protocol === 'https:';

/** With the prefix, no other host can set it. */
const cookieName = (event: Event): string => (isSecure(event) ? '__Host-evenkeel' : 'evenkeel');

export const readSession = (event: Event): string | undefined => event.cookies.get(cookieName(event));

export function keepSession(event: Event, secret: string): void {
  event.cookies.set(cookieName(event), secret, {
    path: '/',
    httpOnly: true,
    sameSite: 'lax',
    secure: isSecure(event),
    maxAge: cookieLife,
  });
}

export function dropSession(event: Event): void {
  event.cookies.delete(cookieName(event), {
    path: '/',
    httpOnly: true,
    sameSite: 'lax',
    secure: isSecure(event),
  });
}
