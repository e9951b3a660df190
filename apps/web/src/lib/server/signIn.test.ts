import type { Site } from '@evenkeel/web/server';
import { describe, expect, it } from 'vitest';
import { openLog } from '../../../server/log.js';
import type { SiteMail } from '../../../server/mail.js';
import { localPath } from './forms.js';
import { sendLink, signInWay } from './signIn.js';

const mail: SiteMail = {
  settings: { smtpUrl: 'smtp://mail.example.org', address: 'papers@example.org' },
  sendsDigest: true,
  post: () => undefined,
  notifySoon: () => undefined,
  close: async () => undefined,
};
const event = (address: string, from = '127.0.0.1') => ({
  url: new URL(address),
  getClientAddress: () => from,
});
const site = (parts: Partial<Site>) => ({ logsLinks: false, ...parts }) as Site;
const publicUrl = 'https://papers.example.org';

describe('links to sign in', () => {
  it('go by mail where the site knows its address, or is asked on its own computer', () => {
    expect(signInWay(site({ mail, publicUrl }), event(`${publicUrl}/`, '192.0.2.1'))).toBe('mail');
    expect(signInWay(site({ mail }), event('http://localhost:3000/'))).toBe('mail');
    expect(signInWay(site({ mail }), event('http://evil.example/'))).toBeUndefined();
  });

  it('go to the log for development only: asked to, on this computer, without mail', () => {
    const logging = site({ logsLinks: true });
    expect(signInWay(logging, event('http://localhost:3000/'))).toBe('log');
    expect(signInWay(logging, event('http://localhost:3000/', '::1'))).toBe('log');
    expect(signInWay(logging, event('http://localhost:3000/', '192.0.2.1'))).toBeUndefined();
    expect(signInWay(logging, event('http://papers.example.org/'))).toBeUndefined();
    expect(signInWay(site({ logsLinks: true, publicUrl }), event('http://localhost/'))).toBeUndefined();
    expect(signInWay(site({}), event('http://localhost:3000/'))).toBeUndefined();
    const lines: string[] = [];
    const log = openLog('debug', { write: (line: string) => void lines.push(line) });
    sendLink(site({ log }), 'log', {
      to: 'ada@example.org',
      link: 'http://localhost:3000/sign-in/x',
      purpose: 'sign in',
    });
    expect(lines.join('')).toContain('http://localhost:3000/sign-in/x');
    expect(lines.join('')).not.toContain('ada@');
  });
});

it.each([
  ['/papers/1?x=1', '/papers/1?x=1'],
  ['/reading-list', '/reading-list'],
  [null, '/account'],
  ['papers', '/account'],
  ['//evil.example', '/account'],
  ['/\\evil.example', '/account'],
  ['/\t/evil.example', '/account'],
  ['/./\\evil.example', '/account'],
  ['/.//evil.example', '/account'],
  ['https://evil.example', '/account'],
  ['javascript:alert(1)', '/account'],
])('leads from %j to %s', (text, path) => {
  expect(localPath(text)).toBe(path);
});
