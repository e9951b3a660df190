import { createPublicKey, generateKeyPairSync } from 'node:crypto';
import { Resolver } from 'node:dns/promises';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { noTopics, openFeed } from '@evenkeel/feed';
import { describe, expect, it } from 'vitest';
import { call, temporaryFolder } from '../testing/call.js';
import { startMailServer } from '../testing/mailServer.js';

const base = {
  EVENKEEL_MAIL_FROM: 'Papers <papers@example.org>',
  EVENKEEL_URL: 'https://papers.example.org',
};

/** A folder with one request for the digest in it. */
async function folderWithRequest(): Promise<string> {
  const workingDir = await temporaryFolder();
  const feed = await openFeed({ dataDir: join(workingDir, 'data') });
  const choices = {
    frequency: 'day',
    weekday: 1,
    hour: 8,
    zone: 'UTC',
    weekends: true,
    onlyNew: true,
    trending: true,
    topics: noTopics,
  } as const;
  await feed.digest.subscribe({ address: 'ada@example.net', choices, formVersion: '1' });
  await feed.close();
  return workingDir;
}

describe('feed digest', () => {
  it('sends what is due', async () => {
    const { url, received } = await startMailServer();
    const workingDir = await folderWithRequest();
    const environment = { ...base, EVENKEEL_SMTP_URL: url };
    const first = await call(['feed', 'digest'], { workingDir, environment });
    expect(first).toMatchObject({ exitCode: 0, stdout: '0 sent, 1 about subscriptions\n' });
    expect(received).toMatchObject([{ to: 'ada@example.net' }]);
    expect(received[0]!.raw).toContain('From: Papers <papers@example.org>');
    const second = await call(['feed', 'digest', '--json'], { workingDir, environment });
    expect(JSON.parse(second.stdout)).toMatchObject({ sent: 0, notices: 0, waiting: 0 });
    expect(received).toHaveLength(1);
  });

  it('tells what is due and sends nothing with --dry-run, also where mail is off', async () => {
    const workingDir = await folderWithRequest();
    expect(await call(['feed', 'digest', '--dry-run'], { workingDir })).toMatchObject({
      exitCode: 0,
      stdout: 'nothing is due\n',
    });
  });

  it('ends with 1 where the mail server cannot be reached, and tells no address', async () => {
    const workingDir = await folderWithRequest();
    const environment = { ...base, EVENKEEL_SMTP_URL: 'smtp://user:hush@127.0.0.1:1' };
    const { exitCode, stderr } = await call(['feed', 'digest'], { workingDir, environment });
    expect(exitCode).toBe(1);
    expect(stderr).toContain('ECONNREFUSED');
    expect(stderr).not.toMatch(/ada|hush/);
  });

  it.each([
    [{}, 'mail is off; set EVENKEEL_SMTP_URL'],
    [{ EVENKEEL_SMTP_URL: 'smtp://127.0.0.1' }, 'EVENKEEL_MAIL_FROM: got nothing'],
    [{ ...base, EVENKEEL_URL: '', EVENKEEL_SMTP_URL: 'smtp://127.0.0.1' }, 'EVENKEEL_URL: got nothing'],
    [
      { ...base, EVENKEEL_SMTP_URL: 'http://127.0.0.1' },
      'EVENKEEL_SMTP_URL: expected an address such as smtps:',
    ],
    [
      { ...base, EVENKEEL_SMTP_URL: 'smtp://127.0.0.1', EVENKEEL_MAIL_FROM: 'papers' },
      'EVENKEEL_MAIL_FROM: expected',
    ],
    [
      { ...base, EVENKEEL_SMTP_URL: 'smtp://127.0.0.1', EVENKEEL_DKIM_DOMAIN: 'example.org' },
      'EVENKEEL_DKIM_SELECTOR: got nothing',
    ],
    [
      { ...base, EVENKEEL_SMTP_URL: 'smtp://127.0.0.1', EVENKEEL_MAIL_NAME: 'A\r\nBcc: b' },
      'EVENKEEL_MAIL_NAME: expected',
    ],
  ])('refuses %j', async (environment, message) => {
    const { exitCode, stderr } = await call(['feed', 'digest'], { environment });
    expect(exitCode).toBe(2);
    expect(stderr).toContain(message);
  });
});

describe('feed bounce', () => {
  it('takes a message from standard input, and ignores what is none of ours', async () => {
    const stdin = Buffer.from('From: x@example.org\r\nTo: y@example.org\r\n\r\nHello\r\n');
    expect(await call(['feed', 'bounce'], { stdin })).toMatchObject({ exitCode: 0, stdout: 'ignored\n' });
    expect(await call(['feed', 'bounce', '--json'])).toMatchObject({
      exitCode: 0,
      stdout: expect.stringContaining('ignored'),
    });
  });
});

describe('mail check', () => {
  it('prints the records of DNS, and that the server answers', async () => {
    const { url } = await startMailServer();
    const workingDir = await temporaryFolder();
    const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    await writeFile(join(workingDir, 'key.pem'), privateKey.export({ type: 'pkcs8', format: 'pem' }));
    const environment = {
      ...base,
      EVENKEEL_SMTP_URL: url,
      EVENKEEL_DKIM_DOMAIN: 'example.org',
      EVENKEEL_DKIM_SELECTOR: 'papers',
      EVENKEEL_DKIM_KEY_FILE: 'key.pem',
    };
    const { exitCode, stdout } = await call(['mail', 'check'], { workingDir, environment });
    expect(exitCode).toBe(0);
    expect(stdout).toContain('example.org  TXT  "v=spf1 ');
    expect(stdout).toContain('_dmarc.example.org  TXT  "v=DMARC1; p=none;');
    expect(stdout).toMatch(/● mail server: answers\n$/);
    const strings = /papers\._domainkey\.example\.org {2}TXT {2}(.*)/.exec(stdout)![1]!.match(/"[^"]*"/g)!;
    expect(strings.every((each) => each.length <= 257)).toBe(true);
    const published = /p=(.+)$/.exec(strings.map((each) => each.slice(1, -1)).join(''))![1]!;
    const key = createPublicKey({ key: Buffer.from(published, 'base64'), type: 'spki', format: 'der' });
    expect(key.equals(publicKey)).toBe(true);
    expect(stdout).not.toContain('PRIVATE');
  });

  it('looks the records up when it is asked to, and ends with 1 where DNS does not answer', async () => {
    const resolver = new Resolver({ timeout: 500, tries: 1 });
    // Nobody listens there.
    resolver.setServers(['127.0.0.1:1']);
    const { url } = await startMailServer();
    const environment = { ...base, EVENKEEL_SMTP_URL: url };
    const asked = await call(['mail', 'check', '--dns'], { environment, resolver });
    expect(asked.exitCode).toBe(1);
    expect(asked.stdout).toMatch(/ {2}○ SPF: DNS does not answer \(E\w+\)\n/);
    const { exitCode, stdout } = await call(['mail', 'check'], { environment, resolver });
    expect([exitCode, stdout]).toEqual([0, expect.not.stringContaining('DNS does not answer')]);
  });

  it('ends with 1 where the server does not answer', async () => {
    const environment = { ...base, EVENKEEL_SMTP_URL: 'smtp://user:hush@127.0.0.1:1' };
    const { exitCode, stdout } = await call(['mail', 'check', '--json'], { environment });
    expect(exitCode).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({ server: { ok: false } });
    expect(stdout).not.toContain('hush');
  });

  it('refuses a key that is none', async () => {
    const workingDir = await temporaryFolder();
    await writeFile(join(workingDir, 'key.pem'), 'no key');
    const environment = {
      ...base,
      EVENKEEL_SMTP_URL: 'smtp://127.0.0.1',
      EVENKEEL_DKIM_DOMAIN: 'example.org',
      EVENKEEL_DKIM_SELECTOR: 'papers',
      EVENKEEL_DKIM_KEY_FILE: 'key.pem',
    };
    const { exitCode, stderr } = await call(['mail', 'check'], { workingDir, environment });
    expect([exitCode, stderr]).toEqual([2, expect.stringContaining('expected a private RSA key in PEM')]);
  });
});

describe('mail allow', () => {
  it('tells whether mail was held back, and refuses what is no address', async () => {
    expect(await call(['mail', 'allow', 'ada@example.net'])).toMatchObject({
      exitCode: 0,
      stdout: 'mail was not held back\n',
    });
    expect(await call(['mail', 'allow', 'ada'])).toMatchObject({ exitCode: 2 });
  });
});
