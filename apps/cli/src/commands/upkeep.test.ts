import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { serverSettings, settings } from '../settings.js';
import { call } from '../testing/call.js';
import { startMailServer } from '../testing/mailServer.js';

describe('feed backup and restore', () => {
  it('copy the database and put it back', async () => {
    const first = await call(['feed', 'backup', 'copy.db']);
    expect(first).toMatchObject({ exitCode: 0, stdout: expect.stringMatching(/^copy\.db: \d+\.\d MB\n$/) });
    const again = await call(['feed', 'restore', 'copy.db', '--json'], { workingDir: first.workingDir });
    expect(JSON.parse(again.stdout)).toEqual({
      file: 'copy.db',
      kept: expect.stringContaining(join(first.workingDir, 'data', 'evenkeel.db.')),
    });
  });

  it('refuse a file that is there, one that is none, and a database server', async () => {
    const { workingDir } = await call(['feed', 'backup', 'copy.db']);
    const twice = await call(['feed', 'backup', 'copy.db'], { workingDir });
    expect(twice).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('is there already') });
    expect((await call(['feed', 'restore', 'none.db'])).exitCode).toBe(1);
    const environment = { DATABASE_URL: 'postgresql://localhost/feed' };
    const server = await call(['feed', 'backup', 'copy.db'], { environment });
    expect(server).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('pg_dump') });
  });
});

const order = settings.map(({ name }) => name);
const asListed = (a: string, b: string): number => order.indexOf(a) - order.indexOf(b);

describe('feed check', () => {
  it('takes settings of mail, admins, submission and proxies as they may be written', () => {
    expect(
      serverSettings({
        EVENKEEL_SMTP_URL: 'smtps://user:hush@mail.example.org:465',
        EVENKEEL_MAIL_FROM: 'Evenkeel <papers@example.org>',
        EVENKEEL_ADMINS: 'ada@example.org, Bob@example.org',
        EVENKEEL_SUBMIT_MAX_AGE_DAYS: '30',
        EVENKEEL_SUBMIT_REQUIRE_CLAIM: 'no',
        EVENKEEL_TRUSTED_PROXIES: 'loopback, 10.0.0.0/8,2001:db8::1',
      }),
    ).toEqual({
      trustedProxies: ['loopback', '10.0.0.0/8', '2001:db8::1'],
      admins: ['ada@example.org', 'Bob@example.org'],
      submitMaxAgeDays: 30,
      submitRequireClaim: false,
    });
  });

  it('tells what is not set, that the database answers, and that mail is off', async () => {
    const { exitCode, stdout } = await call(['feed', 'check']);
    expect(exitCode).toBe(0);
    expect(stdout).toContain(
      '○ DATABASE_URL: PostgreSQL database of the feed: not set, so SQLite in the data folder',
    );
    expect(stdout).toMatch(/● database: answers; 0 papers\n● mail: off: nobody can sign in.*\n$/);
  });

  it('tells what is wrong, shows no secret, and ends with 1', async () => {
    const environment = {
      DATABASE_URL: 'postgresql://user:hush@127.0.0.1:1/feed',
      EVENKEEL_URL: 'ftp://x',
      EVENKEEL_METRICS_TOKEN: 'short',
      EVENKEEL_RATE_LIMIT: '-1',
      EVENKEEL_SMTP_URL: 'https://mail.example.org',
      EVENKEEL_MAIL_FROM: 'Evenkeel <papers@example.org>\r\nBcc: eve@example.org',
      EVENKEEL_ADMINS: 'ada@example.org, nobody',
      EVENKEEL_SUBMIT_MAX_AGE_DAYS: '0',
      EVENKEEL_SUBMIT_REQUIRE_CLAIM: 'maybe',
      EVENKEEL_TRUSTED_PROXIES: '10.0.0.0/8, everybody',
    };
    const { exitCode, stdout } = await call(['feed', 'check', '--json'], { environment });
    expect(exitCode).toBe(1);
    expect(stdout).not.toContain('hush');
    const { settings: states, checks } = JSON.parse(stdout) as {
      settings: { name: string; state: string }[];
      checks: { ok: boolean }[];
    };
    const wrong = states.filter(({ state }) => state === 'wrong').map(({ name }) => name);
    expect(wrong).toEqual(
      Object.keys(environment)
        .filter((name) => name !== 'DATABASE_URL')
        .sort(asListed),
    );
    expect(checks).toEqual([
      { name: 'database', ok: false, detail: expect.stringContaining('ECONNREFUSED') },
    ]);
  });

  it('tells which setting of mail is missing beside the others, and tries the server', async () => {
    const { url } = await startMailServer();
    const some = { EVENKEEL_SMTP_URL: url, EVENKEEL_MAIL_FROM: 'papers@example.org' };
    const check = async (environment: Record<string, string>) => {
      const { exitCode, stdout } = await call(['feed', 'check', '--json'], { environment });
      const { checks } = JSON.parse(stdout) as { checks: { name: string; ok: boolean; detail: string }[] };
      return { exitCode, mail: checks.find(({ name }) => name === 'mail') };
    };
    expect(await check(some)).toMatchObject({
      exitCode: 1,
      mail: { ok: false, detail: expect.stringContaining('EVENKEEL_URL: got nothing, expected') },
    });
    const all = { ...some, EVENKEEL_URL: 'https://papers.example.org' };
    expect(await check(all)).toMatchObject({
      exitCode: 0,
      mail: {
        ok: true,
        detail: expect.stringMatching(/^the server answers; it is not signed here .*MAIL_CONTROLLER/),
      },
    });
    expect(await check({ ...all, EVENKEEL_DKIM_DOMAIN: 'example.org' })).toMatchObject({
      exitCode: 1,
      mail: { ok: false, detail: expect.stringContaining('EVENKEEL_DKIM_SELECTOR') },
    });
    expect(await check({ ...all, EVENKEEL_SMTP_URL: 'smtp://127.0.0.1:1' })).toMatchObject({
      exitCode: 1,
      mail: { ok: false, detail: expect.stringContaining('ECONNREFUSED') },
    });
  });

  it('tries the model that the settings name', async () => {
    const environment = { EVENKEEL_MODELS: 'models', EVENKEEL_SEARCH_MODEL: 'worst' };
    const { exitCode, stdout } = await call(['feed', 'check'], { environment });
    expect(exitCode).toBe(1);
    expect(stdout).toContain('✗ EVENKEEL_SEARCH_MODEL: which models compare meanings');
    expect(stdout).toContain('expected best, corpus, none');
    expect(stdout).toMatch(
      /✗ search model: EVENKEEL_MODELS: \S*models: evenkeel-model\.json: cannot be read/,
    );
  });

  it('is what the server goes by: it does not start with a wrong setting', async () => {
    const { exitCode, stderr } = await call(['serve', '--port', '0'], {
      environment: { EVENKEEL_LOG: 'loud' },
    });
    expect(exitCode).toBe(2);
    expect(stderr).toContain('EVENKEEL_LOG: expected silent, error, warn, info, debug');
  });
});
