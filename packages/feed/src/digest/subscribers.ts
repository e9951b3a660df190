import type { Kysely, Selectable } from 'kysely';
import { write } from '../database/engine.js';
import type { Database } from '../database/schema.js';
import { addressKey, networkOf, parseAddress } from './address.js';
import { choiceColumns, choicesOf } from './choices.js';
import { nextIssue } from './schedule.js';
import { hashToken, newId, type Secrets } from './secrets.js';
import type { MailSuppressionTable, SubscriberTable } from './tables.js';
import type { Choices, Subscription, SubscriptionRequest } from './types.js';

export type SubscriberRow = Selectable<SubscriberTable>;

const minute = 60_000;
const day = 24 * 60 * minute;
/** How long a token from a confirmation mail is good, and how soon a request leads to another mail. */
export const tokenLife = 2 * day;
const betweenConfirmations = 10 * minute;
const betweenReminders = day;
/** Who has not confirmed by then never asked. */
const unconfirmedLife = 7 * day;

/** Takes a request in. What happens to the address's row is seen by nobody but whoever reads its mail. */
export async function subscribe(
  db: Kysely<Database>,
  secrets: Secrets,
  { address: given, choices, formVersion, visitor }: SubscriptionRequest,
  now: number,
): Promise<void> {
  const address = parseAddress(given);
  const request = {
    ...choiceColumns(choices),
    requested_at: now,
    form_version: formVersion,
    request_network: networkOf(visitor) ?? null,
  };
  await write(db, async (transaction) => {
    if (await isSuppressed(transaction, secrets, address)) return;
    const known = await rowOf(transaction, address);
    if (!known) await transaction.insertInto('subscriber').values(newRow(address, request)).execute();
    else await remember(transaction, known, request, now);
  });
}

function newRow(
  address: string,
  request: ReturnType<typeof choiceColumns> &
    Pick<SubscriberRow, 'requested_at' | 'form_version' | 'request_network'>,
): SubscriberRow {
  return {
    ...request,
    id: newId(),
    address,
    address_key: addressKey(address),
    state: 'pending',
    next_at: null,
    token_hash: null,
    token_expires: null,
    mail_due: 'confirm',
    mail_after: 0,
    mail_tries: 0,
    mailed_at: null,
    confirmed_at: null,
  };
}

/** An unconfirmed request is replaced by its repetition; a confirmed one stays as it is, and its owner is told. */
async function remember(
  db: Kysely<Database>,
  known: SubscriberRow,
  request: Partial<SubscriberRow>,
  now: number,
): Promise<void> {
  const pending = known.state === 'pending';
  const pause = pending ? betweenConfirmations : betweenReminders;
  const mailAgain = known.mail_due === null && (known.mailed_at === null || known.mailed_at + pause <= now);
  const mail = {
    mail_due: pending ? ('confirm' as const) : ('known' as const),
    mail_after: now,
    mail_tries: 0,
  };
  if (!pending && !mailAgain) return;
  await db
    .updateTable('subscriber')
    .set({ ...(pending && request), ...(mailAgain && mail) })
    .where('id', '=', known.id)
    .execute();
}

export async function pendingByToken(
  db: Kysely<Database>,
  token: string,
  now: number,
): Promise<SubscriberRow | undefined> {
  return db
    .selectFrom('subscriber')
    .selectAll()
    .where('token_hash', '=', hashToken(token))
    .where('state', '=', 'pending')
    .where('token_expires', '>', now)
    .executeTakeFirst();
}

/** Makes a pending subscription one that is sent to; its token is good for this once. */
export function confirm(
  db: Kysely<Database>,
  token: string,
  now: number,
): Promise<SubscriberRow | undefined> {
  return write(db, async (transaction) => {
    const row = await pendingByToken(transaction, token, now);
    if (!row) return undefined;
    return transaction
      .updateTable('subscriber')
      .set({
        state: 'active',
        confirmed_at: now,
        next_at: nextIssue(choicesOf(row), now),
        token_hash: null,
        token_expires: null,
        mail_due: null,
      })
      .where('id', '=', row.id)
      .returningAll()
      .executeTakeFirst();
  });
}

/** One that is confirmed. */
export async function confirmedById(
  db: Kysely<Database>,
  id: string | undefined,
): Promise<SubscriberRow | undefined> {
  if (id === undefined) return undefined;
  return db
    .selectFrom('subscriber')
    .selectAll()
    .where('id', '=', id)
    .where('state', '!=', 'pending')
    .executeTakeFirst();
}

/** One that is confirmed. */
export async function confirmedByAddress(
  db: Kysely<Database>,
  address: string,
): Promise<SubscriberRow | undefined> {
  return db
    .selectFrom('subscriber')
    .selectAll()
    .where('address_key', '=', addressKey(address))
    .where('state', '!=', 'pending')
    .executeTakeFirst();
}

export async function change(
  db: Kysely<Database>,
  id: string | undefined,
  choices: Choices,
  now: number,
): Promise<SubscriberRow | undefined> {
  const columns = choiceColumns(choices);
  if (id === undefined) return undefined;
  return db
    .updateTable('subscriber')
    .set({ ...columns, state: 'active', next_at: nextIssue(choices, now) })
    .where('id', '=', id)
    .where('state', '!=', 'pending')
    .returningAll()
    .executeTakeFirst();
}

/** Nothing of a subscriber stays, nor of what was to be sent. */
export async function removeSubscriber(db: Kysely<Database>, id: string): Promise<void> {
  await db.deleteFrom('subscriber').where('id', '=', id).execute();
}

function rowOf(db: Kysely<Database>, address: string): Promise<SubscriberRow | undefined> {
  return db
    .selectFrom('subscriber')
    .selectAll()
    .where('address_key', '=', addressKey(address))
    .executeTakeFirst();
}

/** Ends whatever subscription an address has. */
export async function endSubscription(db: Kysely<Database>, address: string): Promise<void> {
  await db.deleteFrom('subscriber').where('address_key', '=', addressKey(address)).execute();
}

/**
 * Lets a subscription go to another address of the same reader, who has shown that it is theirs. Where that has one, or
 * may be sent nothing, the earlier one only ends.
 */
export async function moveSubscription(
  db: Kysely<Database>,
  secrets: Secrets,
  from: string,
  to: string,
): Promise<void> {
  const there = await rowOf(db, to);
  if (there?.state === 'pending') await removeSubscriber(db, there.id);
  const stays = (there && there.state !== 'pending') || (await isSuppressed(db, secrets, to));
  if (stays) return endSubscription(db, from);
  await db
    .updateTable('subscriber')
    .set({ address: to, address_key: addressKey(to) })
    .where('address_key', '=', addressKey(from))
    .execute();
}

/** What is kept of a subscription, for its owner. */
export async function exportSubscription(db: Kysely<Database>, address: string) {
  const row = await rowOf(db, address);
  if (!row) return undefined;
  const issues = await db
    .selectFrom('digest_outbox')
    .select(['issue', 'state'])
    .where('subscriber_id', '=', row.id)
    .orderBy('issue')
    .execute();
  const time = (at: number | null) => (at === null ? undefined : new Date(at).toISOString());
  return {
    address: row.address,
    state: row.state,
    ...choicesOf(row),
    requestedAt: time(row.requested_at),
    requestNetwork: row.request_network ?? undefined,
    formVersion: row.form_version,
    confirmedAt: time(row.confirmed_at),
    nextAt: time(row.next_at),
    issues,
  };
}

/** Nothing is sent to an address any more, and nothing is kept of it but a hash. */
export async function suppress(
  db: Kysely<Database>,
  secrets: Secrets,
  { id, address }: Pick<SubscriberRow, 'id' | 'address'>,
  reason: MailSuppressionTable['reason'],
  now: number,
): Promise<void> {
  await write(db, async (transaction) => {
    await transaction
      .insertInto('mail_suppression')
      .values({ hash: secrets.hideAddress(address), reason, at: now })
      .onConflict((conflict) => conflict.column('hash').doNothing())
      .execute();
    await removeSubscriber(transaction, id);
  });
}

export async function allow(db: Kysely<Database>, secrets: Secrets, address: string): Promise<boolean> {
  const gone = await db
    .deleteFrom('mail_suppression')
    .where('hash', '=', secrets.hideAddress(parseAddress(address)))
    .executeTakeFirst();
  return Number(gone.numDeletedRows) > 0;
}

async function isSuppressed(db: Kysely<Database>, secrets: Secrets, address: string): Promise<boolean> {
  const row = await db
    .selectFrom('mail_suppression')
    .select('hash')
    .where('hash', '=', secrets.hideAddress(address))
    .executeTakeFirst();
  return row !== undefined;
}

/** Removes requests that nobody confirmed in time; those whose mail is yet to be sent wait for it. */
export async function forgetUnconfirmed(db: Kysely<Database>, now: number): Promise<void> {
  const limit = now - unconfirmedLife;
  await db
    .deleteFrom('subscriber')
    .where('state', '=', 'pending')
    .where('mail_due', 'is', null)
    .where('requested_at', '<', limit)
    .where(({ or, eb }) => or([eb('mailed_at', 'is', null), eb('mailed_at', '<', limit)]))
    .execute();
}

/** A subscriber as pages see it. */
export function toSubscription(row: SubscriberRow, secrets: Secrets): Subscription {
  return {
    address: row.address,
    state: row.state,
    choices: choicesOf(row),
    ...(row.next_at !== null && { nextAt: row.next_at }),
    unsubscribeToken: secrets.sign('unsubscribe', row.id),
    preferencesToken: secrets.sign('preferences', row.id),
  };
}
