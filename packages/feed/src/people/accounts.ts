import { randomBytes } from 'node:crypto';
import type { Kysely, Selectable, Transaction } from 'kysely';
import { write } from '../database/engine.js';
import type { Database } from '../database/schema.js';
import { endSubscription } from '../digest/subscribers.js';
import { forgetTrendEvent } from '../trending.js';
import { cleanText, newId, refuse, timeOf } from './common.js';
import { settlePaper } from './settle.js';
import type { AccountTable } from './tables.js';
import type { Account, Profile } from './types.js';

type AccountRow = Selectable<AccountTable>;

/** Addresses of admins, lower case. */
export type Admins = ReadonlySet<string>;

const handle = /^[a-z0-9](?:[a-z0-9-]{0,28}[a-z0-9])$/;
/** Names that would be taken for the site. */
const reserved = /^(?:admin|administrator|evenkeel|moderator|root|support|system)$/;

/**
 * An address as accounts have it, lower case; undefined for what is none. Nothing passes that could end a header or name
 * a second recipient.
 */
export function parseEmail(text: string): string | undefined {
  const email = text.trim().toLowerCase();
  if (email.length > 254) return undefined;
  const good =
    /^[a-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[a-z0-9!#$%&'*+/=?^_`{|}~-]+)*@(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;
  return good.test(email) && email.indexOf('@') <= 64 ? email : undefined;
}

export function toAccount(row: AccountRow, admins: Admins): Account {
  return {
    ...toProfile(row),
    email: row.email,
    createdAt: timeOf(row.created_at),
    isAdmin: admins.has(row.email),
  };
}

export function toProfile(row: Omit<AccountRow, 'email' | 'created_at' | 'blocked_at'>): Profile {
  const { id, name, about, orcid } = row;
  return { id, name, fullName: row.full_name, about, ...(orcid !== null && { orcid }) };
}

export function accountRow(db: Kysely<Database>, id: string): Promise<AccountRow | undefined> {
  return db.selectFrom('account').selectAll().where('id', '=', id).executeTakeFirst();
}

/** Whoever acts: an account that is there and not blocked. */
export async function actorOf(db: Kysely<Database>, id: string): Promise<AccountRow> {
  const row = await accountRow(db, id);
  if (!row || row.blocked_at !== null) refuse('not allowed', 'Sign in to do this.');
  return row;
}

export async function adminOf(db: Kysely<Database>, id: string, admins: Admins): Promise<AccountRow> {
  const row = await actorOf(db, id);
  return admins.has(row.email) ? row : refuse('not allowed', 'Only admins of this site can do this.');
}

export function rowByName(db: Kysely<Database>, name: string): Promise<AccountRow | undefined> {
  return db.selectFrom('account').selectAll().where('name', '=', name).executeTakeFirst();
}

export async function profileOf(db: Kysely<Database>, name: string): Promise<Profile | undefined> {
  const row = await rowByName(db, name);
  return row && row.blocked_at === null ? toProfile(row) : undefined;
}

/** The account of an address, made at the first sign-in. Its name says nothing of the address. */
export async function accountOf(
  transaction: Transaction<Database>,
  email: string,
  now: number,
): Promise<AccountRow> {
  const known = await transaction
    .selectFrom('account')
    .selectAll()
    .where('email', '=', email)
    .executeTakeFirst();
  if (known) return known;
  const row = {
    id: newId(),
    email,
    name: `reader-${randomBytes(5).toString('hex')}`,
    full_name: '',
    about: '',
    orcid: null,
    created_at: now,
    blocked_at: null,
  };
  await transaction.insertInto('account').values(row).execute();
  return row;
}

export async function updateProfile(
  db: Kysely<Database>,
  accountId: string,
  profile: { name: string; fullName: string; about: string; orcid: string },
): Promise<void> {
  const name = profile.name.trim().toLowerCase();
  if (!handle.test(name) || reserved.test(name)) {
    refuse(
      'bad input',
      'Name: expected 2 to 30 small letters, digits and hyphens, and none of the site’s own.',
    );
  }
  const orcid = parseOrcid(profile.orcid);
  const fullName = cleanText(profile.fullName, { name: 'Full name', most: 100 });
  const about = cleanText(profile.about, { name: 'About', most: 1000, lines: true });
  return write(db, async (transaction) => {
    await actorOf(transaction, accountId);
    const holder = await rowByName(transaction, name);
    if (holder && holder.id !== accountId) refuse('bad input', 'Name: somebody else has it.');
    await transaction
      .updateTable('account')
      .set({ name, full_name: fullName, about, orcid })
      .where('id', '=', accountId)
      .execute();
  });
}

/** An ORCID with its check digit (ISO 7064, mod 11-2); null where none is given. */
function parseOrcid(text: string): string | null {
  const orcid = text
    .trim()
    .toUpperCase()
    .replace(/^HTTPS?:\/\/ORCID\.ORG\//, '');
  if (orcid === '') return null;
  const digits = orcid.replaceAll('-', '');
  const total = [...digits.slice(0, 15)].reduce((sum, digit) => (sum + Number(digit)) * 2, 0);
  const check = (12 - (total % 11)) % 11;
  if (!/^(?:\d{4}-){3}\d{3}[\dX]$/.test(orcid) || digits.at(-1) !== (check === 10 ? 'X' : String(check))) {
    refuse('bad input', 'ORCID: expected one such as 0000-0002-1825-0097, with its right last digit.');
  }
  return orcid;
}

/** Deletes an account with all that it did, and its digest; what it counted for is counted anew. */
export function deleteAccount(db: Kysely<Database>, accountId: string): Promise<void> {
  return write(db, async (transaction) => {
    const row = await accountRow(transaction, accountId);
    if (!row) return;
    await removeMarks(transaction, accountId);
    await transaction.deleteFrom('sign_in').where('email', '=', row.email).execute();
    await endSubscription(transaction, row.email);
    await transaction.deleteFrom('account').where('id', '=', accountId).execute();
  });
}

/** Takes back all votes and comments of an account. */
async function removeMarks(transaction: Transaction<Database>, accountId: string): Promise<void> {
  const votes = await transaction
    .deleteFrom('vote')
    .where('account_id', '=', accountId)
    .returning(['paper_id', 'event_id'])
    .execute();
  const comments = await transaction
    .deleteFrom('comment')
    .where('account_id', '=', accountId)
    .returning(['paper_id', 'event_id'])
    .execute();
  await settleAll(transaction, [...votes, ...comments]);
}

/** A blocked account's votes go and its comments are hidden; it is signed out everywhere. */
export async function blockAccount(
  transaction: Transaction<Database>,
  accountId: string,
  now: number,
): Promise<void> {
  const votes = await transaction
    .deleteFrom('vote')
    .where('account_id', '=', accountId)
    .returning(['paper_id', 'event_id'])
    .execute();
  const comments = await transaction
    .selectFrom('comment')
    .select(['paper_id', 'event_id'])
    .where('account_id', '=', accountId)
    .execute();
  await transaction
    .updateTable('comment')
    .set((old) => ({ hidden_at: old.fn.coalesce('hidden_at', old.val(now)), event_id: null }))
    .where('account_id', '=', accountId)
    .execute();
  await settleAll(transaction, [...votes, ...comments]);
  for (const table of ['session', 'personal_token'] as const) {
    await transaction.deleteFrom(table).where('account_id', '=', accountId).execute();
  }
  await transaction.updateTable('account').set({ blocked_at: now }).where('id', '=', accountId).execute();
}

async function settleAll(
  transaction: Transaction<Database>,
  marks: readonly { paper_id: string; event_id: string | null }[],
): Promise<void> {
  for (const { event_id } of marks) {
    if (event_id !== null) await forgetTrendEvent(transaction, event_id);
  }
  for (const paperId of new Set(marks.map(({ paper_id }) => paper_id))) {
    await settlePaper(transaction, paperId);
  }
}
