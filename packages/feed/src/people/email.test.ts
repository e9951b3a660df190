import { describe, expect, it, onTestFinished } from 'vitest';
import { openDatabase } from '../database/open.js';
import { openSecrets } from '../digest/secrets.js';
import { addSubscribers } from '../digest/testing/subscribers.js';
import { PeopleError } from '../errors.js';
import { adminAddress, type PeopleFeed, peopleFeed } from '../testing/people.js';

const quarterHour = 15 * 60_000;

/** The tables beside a feed. */
async function tablesOf({ location }: PeopleFeed) {
  const db = await openDatabase(location.databaseUrl ?? `${location.dataDir}/evenkeel.db`);
  onTestFinished(() => db.destroy());
  return db;
}

/** A feed with a reader, and a session of theirs. */
async function signedIn() {
  const opened = await peopleFeed();
  const { people } = opened.feed;
  const ada = await opened.join('ada@example.org');
  const session = (await people.signIn((await people.requestSignIn('ada@example.org'))!.secret))!;
  return { ...opened, people, ada, session };
}

describe('a change of address', () => {
  it('is made by a link, once, by the account that asked for it', async () => {
    const { people, ada, session, join } = await signedIn();
    const eve = await join('eve@example.org');
    const { secret, email } = await people.requestEmailChange(ada.id, ' New@Example.org');
    expect(email).toBe('new@example.org');
    expect((await people.accountById(ada.id))?.email).toBe('ada@example.org');
    expect(await people.peekEmailChange(ada.id, secret)).toBe('new@example.org');
    expect(await people.peekEmailChange(eve.id, secret)).toBeUndefined();
    expect(await people.changeEmail(eve.id, secret, '')).toBeUndefined();
    expect(await people.changeEmail(ada.id, secret, session)).toEqual({
      from: 'ada@example.org',
      to: 'new@example.org',
    });
    expect(await people.changeEmail(ada.id, secret, session)).toBeUndefined();
    expect((await join('new@example.org')).id).toBe(ada.id);
    expect((await join('ada@example.org')).id).not.toBe(ada.id);
  });

  it('ends other sessions, and links to sign in that went to the earlier address', async () => {
    const { people, ada, session } = await signedIn();
    const other = (await people.signIn((await people.requestSignIn('ada@example.org'))!.secret))!;
    const link = (await people.requestSignIn('ada@example.org'))!;
    const { secret } = await people.requestEmailChange(ada.id, 'new@example.org');
    await people.changeEmail(ada.id, secret, session);
    expect((await people.session(session))?.email).toBe('new@example.org');
    expect(await people.session(other)).toBeUndefined();
    expect(await people.signIn(link.secret)).toBeUndefined();
  });

  it('is good for a quarter of an hour, and not asked for without end', async () => {
    const { people, ada, session, pass } = await signedIn();
    const { secret } = await people.requestEmailChange(ada.id, 'new@example.org');
    for (const n of [1, 2]) await people.requestEmailChange(ada.id, `new${n}@example.org`);
    await expect(people.requestEmailChange(ada.id, 'new3@example.org')).rejects.toThrow(PeopleError);
    pass(quarterHour + 1);
    expect(await people.changeEmail(ada.id, secret, session)).toBeUndefined();
    await people.requestEmailChange(ada.id, 'new4@example.org');
  });

  it('is refused for what is no address, for one’s own, and for that of another account', async () => {
    const { people, ada, session, join } = await signedIn();
    for (const email of [
      'nobody',
      'a@example.org, b@example.org',
      'a@example.org\r\nBcc: b@example.org',
      'ADA@example.org',
    ]) {
      await expect(people.requestEmailChange(ada.id, email), email).rejects.toThrow(PeopleError);
    }
    await join(adminAddress);
    const { secret } = await people.requestEmailChange(ada.id, adminAddress);
    await expect(people.changeEmail(ada.id, secret, session)).rejects.toThrow(
      'Another account has this address',
    );
    expect(await people.accountById(ada.id)).toMatchObject({ email: 'ada@example.org', isAdmin: false });
  });
});

describe('the digest of a reader', () => {
  it('goes along to the new address', async () => {
    const opened = await signedIn();
    const { people, ada, session } = opened;
    const db = await tablesOf(opened);
    await addSubscribers(db, ['ada@example.org', 'bob@example.org']);
    const { secret } = await people.requestEmailChange(ada.id, 'new@example.org');
    await people.changeEmail(ada.id, secret, session);
    const addresses = await db
      .selectFrom('subscriber')
      .select(['address', 'state'])
      .orderBy('address')
      .execute();
    expect(addresses).toEqual([
      { address: 'bob@example.org', state: 'active' },
      { address: 'new@example.org', state: 'active' },
    ]);
  });

  it('is not doubled where the new address has one, and goes to no address that may be sent nothing', async () => {
    const opened = await signedIn();
    const { people, ada, session } = opened;
    const db = await tablesOf(opened);
    const move = async (to: string) => {
      const { secret } = await people.requestEmailChange(ada.id, to);
      await people.changeEmail(ada.id, secret, session);
      return (await db.selectFrom('subscriber').select('address').execute()).map(({ address }) => address);
    };
    await addSubscribers(db, ['ada@example.org', 'new@example.org']);
    expect(await move('new@example.org')).toEqual(['new@example.org']);
    const hash = (await openSecrets(db)).hideAddress('held@example.org');
    await db.insertInto('mail_suppression').values({ hash, reason: 'complaint', at: 0 }).execute();
    expect(await move('held@example.org')).toEqual([]);
  });

  it('ends with the account, and is in its export', async () => {
    const opened = await signedIn();
    const { people, ada, feed } = opened;
    const db = await tablesOf(opened);
    await addSubscribers(db, ['Ada@example.org', 'bob@example.org']);
    const exported = JSON.parse(await people.export(ada.id, 'json'));
    expect(exported.subscription).toMatchObject({
      address: 'Ada@example.org',
      state: 'active',
      frequency: 'day',
      zone: 'Europe/Berlin',
      issues: [],
    });
    expect(JSON.stringify(exported)).not.toContain('bob@');
    await feed.people.deleteAccount(ada.id);
    const left = await db.selectFrom('subscriber').select('address').execute();
    expect(left).toEqual([{ address: 'bob@example.org' }]);
  });
});
