import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type MailServer, startMailServer } from '../mailServer.js';
import { startTestSite, type TestSite } from '../site.js';
import { linkIn, Visitor } from '../visitor.js';

const publicUrl = 'https://papers.example.org';

let mail: MailServer;
let plain: TestSite;
let secure: TestSite;
beforeAll(async () => {
  mail = await startMailServer();
  plain = await startTestSite();
  secure = await startTestSite({ mail: { smtpUrl: mail.url, address: 'papers@example.org' }, publicUrl });
}, 180_000);
afterAll(async () => {
  await plain?.close();
  await secure?.close();
  await mail?.close();
});

const kinds = {
  'a page': '/',
  'a page that is missing': '/nothing/here',
  'a redirect': '/papers/anyloss',
  'an asset': '/favicon.svg',
  'an asset that is missing': '/_app/immutable/nothing.js',
  'an answer of the API': '/api/daily_papers',
  'an error of the API': '/api/papers/nothing',
  'a feed': '/feeds/daily.atom',
  'a picture': '/pictures/papers/2501.04697.png',
  markdown: '/papers/2501.04697.md',
  'the page that ends a subscription': '/u/nothing',
  'a preview of the digest': '/digest/preview',
  'the health check': '/healthz',
  'the metrics': '/metrics',
  'an address that cannot be decoded': '/papers/%E0%A4%A',
};

describe.each(Object.entries(kinds))('%s', (_, path) => {
  it('is isolated, framed nowhere, never taken for something else, and asks for no devices', async () => {
    const { headers } = await fetch(plain.url + path, { redirect: 'manual' });
    expect(Object.fromEntries(headers)).toMatchObject({
      'cross-origin-opener-policy': 'same-origin',
      'cross-origin-embedder-policy': 'require-corp',
      'cross-origin-resource-policy': 'same-origin',
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
      'referrer-policy': expect.stringMatching(
        /^(?:strict-origin-when-cross-origin|same-origin|no-referrer)$/,
      ),
      'permissions-policy': expect.stringContaining('camera=()'),
    });
    expect(headers.get('x-powered-by')).toBeNull();
    expect(headers.get('server')).toBeNull();
    expect(headers.get('strict-transport-security')).toBeNull();
  });

  it('is asked for by encrypted connections only, where the site has them', async () => {
    const { headers } = await fetch(secure.url + path, { redirect: 'manual' });
    expect(headers.get('strict-transport-security')).toBe('max-age=31536000');
  });
});

describe('the policy of what a page may run', () => {
  const policyOf = async (path: string) => {
    const { headers } = await fetch(plain.url + path);
    const policy = headers.get('content-security-policy') ?? '';
    return new Map(
      policy.split(/;\s*/).map((part) => [part.replace(/ .*/s, ''), part.replace(/^\S+ ?/, '')]),
    );
  };

  it.each(['/', '/papers/2501.04697', '/search?q=x', '/nothing', '/papers/%E0%A4%A'])(
    'allows its own scripts only: %s',
    async (path) => {
      const policy = await policyOf(path);
      expect(policy.get('default-src')).toBe("'none'");
      expect(policy.get('script-src') ?? '').toMatch(/^$|^'self' 'wasm-unsafe-eval'(?: 'sha256-[^']+'){2}$/);
      expect(policy.get('frame-ancestors')).toBe("'none'");
      expect(policy.get('base-uri') ?? "'none'").toBe("'none'");
      expect(policy.get('object-src') ?? "'none'").toBe("'none'");
    },
  );

  it('sends forms to the site alone', async () => {
    expect((await policyOf('/sign-in')).get('form-action')).toBe("'self'");
    expect((await policyOf('/digest/preview')).get('form-action')).toBe("'self'");
  });
});

describe('the cookie of a session', () => {
  it('is kept from scripts, other sites, other hosts and open connections', async () => {
    const visitor = new Visitor(secure.url);
    const origin = { origin: publicUrl };
    // As a proxy passes it on, and as an attacker would name another host.
    const trick = { ...origin, host: 'evil.example', 'x-forwarded-host': 'evil.example' };
    await visitor.post('/sign-in', { email: 'cookie@example.org' }, trick);
    const text = (await mail.take('cookie@example.org')).mail.text ?? '';
    expect(text).toContain(`${publicUrl}/sign-in/`);
    expect(text).not.toContain('evil');
    const entered = await visitor.post(linkIn(text), {}, origin);
    const [cookie = '', ...others] = entered.headers.getSetCookie();
    expect(others).toEqual([]);
    expect(cookie).toMatch(/^__Host-evenkeel=[\w-]{43}; /);
    const parts = cookie
      .split('; ')
      .slice(1)
      .map((part) => part.toLowerCase());
    expect(parts).toEqual(expect.arrayContaining(['path=/', 'httponly', 'secure', 'samesite=lax']));
    expect(parts.some((part) => part.startsWith('domain'))).toBe(false);
    const left = await visitor.post('/account?/signOut', {}, origin);
    expect(left.headers.getSetCookie()[0]).toMatch(/^__Host-evenkeel=; .*Secure/);
  });
});
