import { computerOf, maskAddress } from '@evenkeel/feed';
import type { Site } from '@evenkeel/web/server';
import type { RequestEvent } from '@sveltejs/kit';

const quarterHour = 15 * 60_000;
const isLocal = (host: string): boolean => /^(?:localhost|127\.0\.0\.1|\[::1\])$/.test(host);

/**
 * How links to sign in reach their readers; undefined: not at all. A link leads to the site's own address: the one that was
 * asked may be a trick of whoever asked.
 */
export function signInWay(
  site: Site,
  event: Pick<RequestEvent, 'url' | 'getClientAddress'>,
): 'mail' | 'log' | undefined {
  const local = isLocal(event.url.hostname);
  if (site.mail) return site.publicUrl || local ? 'mail' : undefined;
  if (!site.logsLinks || site.publicUrl || !local) return undefined;
  return /^(?:::1|(?:::ffff:)?127\.0\.0\.1)$/.test(event.getClientAddress()) ? 'log' : undefined;
}

/** When each computer asked, on each site. */
const asked = new WeakMap<Site, Map<string, number[]>>();

/** Whether a computer has asked for too many links; counts this one. */
export function asksTooOften(site: Site, address: string, now = Date.now()): boolean {
  const computer = computerOf(address);
  const times = asked.get(site) ?? new Map<string, number[]>();
  asked.set(site, times);
  for (const [other, [latest = 0]] of times) if (latest < now - quarterHour) times.delete(other);
  const recent = (times.get(computer) ?? []).filter((time) => time > now - quarterHour);
  times.set(computer, [now, ...recent].slice(0, site.linksPerComputer + 1));
  return recent.length >= site.linksPerComputer;
}

/** A link that is good once and for a quarter of an hour, and what opening it does. */
export function sendLink(
  site: Site,
  way: 'mail' | 'log',
  { to, link, purpose }: { to: string; link: string; purpose: 'sign in' | 'change your address' },
): void {
  if (way === 'log') {
    site.log.debug({ link }, purpose);
    return;
  }
  const { host } = new URL(link);
  const does = purpose === 'sign in' ? `sign in to ${host}` : `use this address for your account at ${host}`;
  sendNotice(site, to, purpose === 'sign in' ? `Sign in to ${host}` : `Your new address at ${host}`, [
    `Open this link to ${does}:`,
    link,
    'It works once, within 15 minutes. If you did not ask for it, leave it: nothing happens then.',
  ]);
}

/** Tells whoever has the earlier address of an account that it has another one now. */
export function tellOfChange(site: Site, { from, to }: { from: string; to: string }, base: string): void {
  const { host } = new URL(base);
  sendNotice(site, from, `Your address at ${host} has changed`, [
    `Your account at ${host} has another mail address now: ${maskAddress(to)}. You no longer sign in with this one.`,
    'If it was not you who changed it, tell whoever runs the site.',
  ]);
}

/**
 * Sends a mail of some paragraphs. The answer to the reader does not wait for it: how long it takes, and whether the server
 * knows the address, is nobody's business.
 */
function sendNotice(site: Site, to: string, subject: string, paragraphs: readonly string[]): void {
  const headers = { 'Auto-Submitted': 'auto-generated', 'X-Auto-Response-Suppress': 'All' };
  site.mail?.post({ to, subject, text: `${paragraphs.join('\n\n')}\n`, headers });
}
