import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type MailServer, startMailServer } from '../mailServer.js';
import { startTestSite, type TestSite } from '../site.js';
import { linkIn, Visitor } from '../visitor.js';

let mail: MailServer;
/** Three requests a computer; nobody is trusted, or the proxies of this computer are. */
let [open, proxied]: (TestSite | undefined)[] = [];

beforeAll(async () => {
  mail = await startMailServer();
  const options = {
    mail: { smtpUrl: mail.url, address: 'papers@example.org' },
    rateLimit: { requests: 3 },
    linksPerComputer: 2,
  };
  open = await startTestSite(options);
  proxied = await startTestSite({ ...options, trustedProxies: ['loopback', '10.0.0.0/8'] });
}, 180_000);

afterAll(async () => {
  await open?.close();
  await proxied?.close();
  await mail?.close();
});

/** Statuses of requests that come, as their headers say, from these computers. */
const askApi = (site: TestSite, forwarded: readonly string[]) =>
  inTurn(forwarded, async (each) => {
    const { status } = await fetch(`${site.url}/api/models`, { headers: { 'x-forwarded-for': each } });
    return status;
  });

async function inTurn<Value, Result>(values: readonly Value[], work: (value: Value) => Promise<Result>) {
  const results: Result[] = [];
  for (const value of values) results.push(await work(value));
  return results;
}

describe('whom no trusted proxy stands before', () => {
  it('cannot be somebody else by a header, for the API', async () => {
    const spoofed = ['192.0.2.1', '192.0.2.2', '192.0.2.3', '192.0.2.4'];
    expect(await askApi(open!, spoofed)).toEqual([200, 200, 200, 429]);
  });

  it('nor for links to sign in', async () => {
    const statuses = await inTurn([1, 2, 3], async (n) => {
      const headers = { 'x-forwarded-for': `192.0.2.${n}` };
      return (await new Visitor(open!.url).post('/sign-in', { email: `open${n}@example.org` }, headers))
        .status;
    });
    expect(statuses).toEqual([200, 200, 429]);
  });

  it('nor encrypted by one', async () => {
    const headers = { 'x-forwarded-proto': 'https' };
    const page = await fetch(`${open!.url}/`, { headers });
    expect(page.headers.get('strict-transport-security')).toBeNull();
    expect(await page.text()).not.toContain('https://localhost');
  });
});

describe('behind a trusted proxy', () => {
  it('each computer has its own limits, whatever it says of itself', async () => {
    // The last address is what the proxy wrote; those before it came with the request.
    const same = ['192.0.2.9', '198.51.100.1, 192.0.2.9', 'nonsense, 192.0.2.9', '192.0.2.9'];
    expect(await askApi(proxied!, same)).toEqual([200, 200, 200, 429]);
    expect(await askApi(proxied!, ['192.0.2.10'])).toEqual([200]);
    // A second proxy, which is trusted, too.
    expect(await askApi(proxied!, ['192.0.2.9, 10.1.2.3', '192.0.2.11, 10.1.2.3'])).toEqual([429, 200]);
  });

  it('64 bits of IPv6 are one computer', async () => {
    const one = ['2001:db8::1', '2001:db8::2', '2001:db8:0:0:ffff::3', '2001:db8::4'];
    expect(await askApi(proxied!, one)).toEqual([200, 200, 200, 429]);
    expect(await askApi(proxied!, ['2001:db8:0:1::1'])).toEqual([200]);
  });

  it('links to sign in and subscriptions are counted by computer and network', async () => {
    const link = (n: number, address: string) =>
      new Visitor(proxied!.url).post(
        '/sign-in',
        { email: `proxied${n}@example.org` },
        { 'x-forwarded-for': address },
      );
    const statuses = await inTurn([1, 2, 3], async (n) => (await link(n, '203.0.113.1')).status);
    expect(statuses).toEqual([200, 200, 429]);
    expect((await link(4, '203.0.113.2')).status).toBe(200);
    const subscribe = (address: string) =>
      new Visitor(proxied!.url).post('/subscribe', { address: 'none' }, { 'x-forwarded-for': address });
    const many = Array.from({ length: 31 }, (_, n) => `198.51.100.${n}`);
    const answers = await inTurn(many, async (address) => (await subscribe(address)).status);
    expect([...new Set(answers.slice(0, 30)), answers[30]]).toEqual([400, 429]);
    expect((await subscribe('203.0.113.1')).status).toBe(400);
  });

  it('the proxy says that visitors come by https: their cookie is kept to it, and links have it', async () => {
    const secure = { 'x-forwarded-proto': 'https', 'x-forwarded-for': '203.0.113.77' };
    const origin = proxied!.url.replace('http:', 'https:');
    const visitor = new Visitor(proxied!.url);
    await visitor.post('/sign-in', { email: 'https@example.org' }, { ...secure, origin });
    const text = (await mail.take('https@example.org')).mail.text ?? '';
    expect(text).toContain(`${origin}/sign-in/`);
    const entered = await visitor.post(linkIn(text), {}, { ...secure, origin });
    expect(entered.headers.getSetCookie()[0]).toMatch(/^__Host-evenkeel=[\w-]{43}; .*Path=\/; .*Secure/);
    expect(entered.headers.get('strict-transport-security')).toBe('max-age=31536000');
    expect((await visitor.get('/account', secure)).status).toBe(200);
    // Without the encryption it is another site, on which nobody is signed in.
    expect((await visitor.get('/account', { 'x-forwarded-for': '203.0.113.77' })).status).toBe(303);
    const feed = await (await fetch(`${proxied!.url}/feeds/daily.json`, { headers: secure })).json();
    expect(feed).toMatchObject({ feed_url: `${origin}/feeds/daily.json` });
  });
});

it('takes no proxy that is no address', async () => {
  await expect(startTestSite({ trustedProxies: ['everybody'] })).rejects.toThrow(
    /invalid IP address: everybody/,
  );
});
