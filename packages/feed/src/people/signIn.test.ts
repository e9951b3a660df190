import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import fc from 'fast-check';
import Connection from 'libsql';
import pg from 'pg';
import { describe, expect, it } from 'vitest';
import { PeopleError } from '../errors.js';
import { adminAddress, peopleFeed } from '../testing/people.js';
import { parseEmail } from './accounts.js';

const minute = 60_000;

describe('an address', () => {
  it.each(['ada@example.org', 'a.b+c@sub.example.co', "o'neil@example.org", 'root@localhost'])(
    '%s is one',
    (text) => {
      expect(parseEmail(text)).toBe(text);
    },
  );

  it('is the same in any case', () => {
    expect(parseEmail('  Ada@Example.ORG ')).toBe('ada@example.org');
  });

  it.each([
    'ada',
    '@example.org',
    'ada@',
    'a..b@example.org',
    'ada@exa mple.org',
    'ada@example.org, eve@example.org',
    'ada@example.org\r\nBcc: eve@example.org',
    '"ada\r\nBcc: eve@example.org"@example.org',
    'Ada <ada@example.org>',
    'ada@-example.org',
    `${'a'.repeat(65)}@example.org`,
    `a@${'b'.repeat(60)}.${'c'.repeat(60)}.${'d'.repeat(60)}.${'e'.repeat(60)}.${'f'.repeat(60)}`,
  ])('%j is none', (text) => {
    expect(parseEmail(text)).toBeUndefined();
  });

  it('has nothing in it that could end a header or name somebody else', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary', maxLength: 40 }),
        fc.string({ unit: 'binary' }),
        (before, after) => {
          const email = parseEmail(`${before}@${after}`);
          expect(email ?? '').toMatch(/^[^\s,;:<>()[\]\\"\p{Cc}]*$/u);
        },
      ),
    );
  });
});

describe('a mailed link', () => {
  it('signs in once', async () => {
    const { feed } = await peopleFeed();
    const link = await feed.people.requestSignIn('Ada@Example.org');
    expect(await feed.people.peekSignIn(link!.secret)).toBe('ada@example.org');
    expect(await feed.people.peekSignIn(link!.secret)).toBe('ada@example.org');
    const session = await feed.people.signIn(link!.secret);
    expect(await feed.people.session(session!)).toMatchObject({ email: 'ada@example.org', isAdmin: false });
    expect(await feed.people.signIn(link!.secret)).toBeUndefined();
    expect(await feed.people.peekSignIn(link!.secret)).toBeUndefined();
  });

  it('is good for a quarter of an hour', async () => {
    const { feed, pass } = await peopleFeed();
    const [one, two] = [
      await feed.people.requestSignIn('a@b.org'),
      await feed.people.requestSignIn('a@b.org'),
    ];
    pass(15 * minute - 1);
    expect(await feed.people.peekSignIn(one!.secret)).toBe('a@b.org');
    pass(2);
    expect(await feed.people.peekSignIn(two!.secret)).toBeUndefined();
    expect(await feed.people.signIn(two!.secret)).toBeUndefined();
  });

  it('is used by one of many who try at the same moment', async () => {
    const { feed } = await peopleFeed();
    const link = await feed.people.requestSignIn('a@b.org');
    const sessions = await Promise.all(Array.from({ length: 8 }, () => feed.people.signIn(link!.secret)));
    expect(sessions.filter((session) => session !== undefined)).toHaveLength(1);
  });

  it('is asked for in the same way for known and unknown addresses, and not without end', async () => {
    const { feed, join, pass } = await peopleFeed();
    await join('known@example.org');
    for (const email of ['known@example.org', 'unknown@example.org']) {
      const asked = [];
      for (let i = 0; i < 5; i++) asked.push((await feed.people.requestSignIn(email)) !== undefined);
      expect(asked).toEqual([true, true, true, false, false]);
    }
    pass(15 * minute + 1);
    expect(await feed.people.requestSignIn('known@example.org')).toBeDefined();
  });

  it('is refused for what is no address', async () => {
    const { feed } = await peopleFeed();
    await expect(feed.people.requestSignIn('a@b.org\nBcc: c@d.org')).rejects.toThrow(PeopleError);
  });
});

describe('a session', () => {
  it('is new at every sign-in and ends the one before, so that none can be planted', async () => {
    const { feed } = await peopleFeed();
    const planted = randomBytes(32).toString('base64url');
    const first = await feed.people.signIn((await feed.people.requestSignIn('a@b.org'))!.secret, planted);
    expect(first).not.toBe(planted);
    expect(await feed.people.session(planted)).toBeUndefined();
    const second = await feed.people.signIn((await feed.people.requestSignIn('a@b.org'))!.secret, first);
    expect(second).not.toBe(first);
    expect(await feed.people.session(first!)).toBeUndefined();
    expect((await feed.people.session(second!))?.email).toBe('a@b.org');
  });

  it('lasts thirty days from its last use', async () => {
    const { feed, pass } = await peopleFeed();
    const session = await feed.people.signIn((await feed.people.requestSignIn('a@b.org'))!.secret);
    pass(29 * 24 * 60 * minute);
    expect(await feed.people.session(session!)).toBeDefined();
    pass(29 * 24 * 60 * minute);
    expect(await feed.people.session(session!)).toBeDefined();
    pass(30 * 24 * 60 * minute);
    expect(await feed.people.session(session!)).toBeUndefined();
  });

  it('ends by signing out, here or everywhere', async () => {
    const { feed } = await peopleFeed();
    const enter = async () =>
      (await feed.people.signIn((await feed.people.requestSignIn('a@b.org'))!.secret))!;
    const [one, two, three] = [await enter(), await enter(), await enter()];
    await feed.people.signOut(one);
    expect(await feed.people.session(one)).toBeUndefined();
    expect(await feed.people.session(two)).toBeDefined();
    await feed.people.signOut(two, { everywhere: true });
    expect(await feed.people.session(three)).toBeUndefined();
  });

  it('is of an admin where the settings name the address', async () => {
    const { join } = await peopleFeed();
    expect((await join(adminAddress.toUpperCase())).isAdmin).toBe(true);
  });
});

it('keeps no secret in the database, only hashes', async () => {
  const { feed, location } = await peopleFeed();
  const link = await feed.people.requestSignIn('a@b.org');
  const session = await feed.people.signIn((await feed.people.requestSignIn('c@d.org'))!.secret);
  const account = await feed.people.session(session!);
  const token = await feed.people.createToken(account!.id, 'laptop');
  const rows = await everyRow(location);
  expect(rows).toContain('a@b.org');
  for (const secret of [link!.secret, session!, token, token.slice(3)]) expect(rows).not.toContain(secret);
});

/** All that stands in the tables of sign-in, as one text. */
async function everyRow({ dataDir, databaseUrl }: { dataDir: string; databaseUrl?: string | undefined }) {
  const tables = ['sign_in', 'session', 'personal_token', 'account'];
  if (databaseUrl !== undefined) {
    const client = new pg.Client({ connectionString: databaseUrl });
    await client.connect();
    const answers = [];
    for (const table of tables) answers.push((await client.query(`select * from ${table}`)).rows);
    await client.end();
    return JSON.stringify(answers);
  }
  const database = new Connection(join(dataDir, 'evenkeel.db'));
  const answers = tables.map((table) => database.prepare(`select * from ${table}`).all());
  database.close();
  return JSON.stringify(answers);
}

describe('a token for programs', () => {
  it('acts for its account until it is revoked, by its owner only', async () => {
    const { feed, join } = await peopleFeed();
    const [ada, eve] = [await join('ada@example.org'), await join('eve@example.org')];
    const token = await feed.people.createToken(ada.id, 'laptop');
    expect((await feed.people.accountOfToken(token))?.id).toBe(ada.id);
    const [entry] = await feed.people.tokens(ada.id);
    expect(entry).toMatchObject({ label: 'laptop' });
    await feed.people.revokeToken(eve.id, entry!.id);
    expect(await feed.people.accountOfToken(token)).toBeDefined();
    await feed.people.revokeToken(ada.id, entry!.id);
    expect(await feed.people.accountOfToken(token)).toBeUndefined();
    expect(await feed.people.accountOfToken('')).toBeUndefined();
  });
});
