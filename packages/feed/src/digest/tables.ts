import type { Kysely } from 'kysely';

/** Someone who asked for the digest. */
export interface SubscriberTable {
  /** Sixteen hexadecimal digits. */
  id: string;
  address: string;
  /** The address in lower case: no two subscribers share one. */
  address_key: string;
  /** `pending` until the address is confirmed; `paused` after issues that its server did not take. */
  state: 'pending' | 'active' | 'paused';
  frequency: 'day' | 'week';
  /** 1 Monday to 7 Sunday, for weekly issues. */
  weekday: number;
  /** Of the day in `zone`, 0 to 23. */
  hour: number;
  /** IANA name. */
  zone: string;
  /** 0 or 1. */
  weekends: number;
  /** 0 or 1. */
  only_new: number;
  /** 0 or 1. */
  trending: number;
  /** JSON of `Topics`. */
  topics: string;
  /** Milliseconds since 1970 of the next issue; null unless active. */
  next_at: number | null;
  /** SHA-256 of the token that confirms, hexadecimal. */
  token_hash: string | null;
  token_expires: number | null;
  /** Mail about the subscription itself that is yet to be sent. */
  mail_due: 'confirm' | 'known' | null;
  /** When it is tried next. */
  mail_after: number;
  mail_tries: number;
  /** When the last one was sent. */
  mailed_at: number | null;
  /** Proof of the request: when, by which text of the form, from which network. */
  requested_at: number;
  form_version: string;
  request_network: string | null;
  confirmed_at: number | null;
}

/**
 * An issue for a subscriber. `queued` → `sending` (in the hands of one process until `lease_until`) → `handing` (the end
 * of the message is being sent: whether the server took it can no longer be told without its answer) → `sent`, or
 * `unsure` where the answer never came, or `dropped`.
 */
export interface DigestOutboxTable {
  /** Sixteen hexadecimal digits. */
  id: string;
  subscriber_id: string;
  /** Day of the issue where the subscriber lives, `YYYY-MM-DD`. */
  issue: string;
  /** JSON of `IssueContent`. */
  content: string;
  state: 'queued' | 'sending' | 'handing' | 'sent' | 'unsure' | 'dropped';
  /** Who has it in hand. */
  claim: string | null;
  lease_until: number | null;
  tries: number;
  due_at: number;
  planned_at: number;
  done_at: number | null;
  /** Code with which a server refused it last. */
  reply: number | null;
  bounce: 'soft' | 'hard' | null;
}

/** Addresses to which nothing is sent any more, as salted hashes. */
export interface MailSuppressionTable {
  hash: string;
  reason: 'bounce' | 'complaint';
  at: number;
}

/** Random keys of this feed. */
export interface DigestSecretTable {
  name: string;
  value: string;
}

export interface DigestTables {
  subscriber: SubscriberTable;
  digest_outbox: DigestOutboxTable;
  mail_suppression: MailSuppressionTable;
  digest_secret: DigestSecretTable;
}

export async function createDigestTables(db: Kysely<unknown>): Promise<void> {
  await createSubscribers(db);
  await createOutbox(db);
  await db.schema
    .createTable('mail_suppression')
    .addColumn('hash', 'text', (column) => column.primaryKey())
    .addColumn('reason', 'text', (column) => column.notNull())
    .addColumn('at', 'bigint', (column) => column.notNull())
    .execute();
  await db.schema
    .createTable('digest_secret')
    .addColumn('name', 'text', (column) => column.primaryKey())
    .addColumn('value', 'text', (column) => column.notNull())
    .execute();
}

async function createSubscribers(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('subscriber')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('address', 'text', (column) => column.notNull())
    .addColumn('address_key', 'text', (column) => column.notNull().unique())
    .addColumn('state', 'text', (column) => column.notNull())
    .addColumn('frequency', 'text', (column) => column.notNull())
    .addColumn('weekday', 'integer', (column) => column.notNull())
    .addColumn('hour', 'integer', (column) => column.notNull())
    .addColumn('zone', 'text', (column) => column.notNull())
    .addColumn('weekends', 'integer', (column) => column.notNull())
    .addColumn('only_new', 'integer', (column) => column.notNull())
    .addColumn('topics', 'text', (column) => column.notNull())
    .addColumn('next_at', 'bigint')
    .addColumn('token_hash', 'text', (column) => column.unique())
    .addColumn('token_expires', 'bigint')
    .addColumn('mail_due', 'text')
    .addColumn('mail_after', 'bigint', (column) => column.notNull())
    .addColumn('mail_tries', 'integer', (column) => column.notNull())
    .addColumn('mailed_at', 'bigint')
    .addColumn('requested_at', 'bigint', (column) => column.notNull())
    .addColumn('form_version', 'text', (column) => column.notNull())
    .addColumn('request_network', 'text')
    .addColumn('confirmed_at', 'bigint')
    .execute();
  await db.schema.createIndex('subscriber_next').on('subscriber').columns(['state', 'next_at']).execute();
  await db.schema
    .createIndex('subscriber_mail')
    .on('subscriber')
    .columns(['mail_due', 'mail_after'])
    .execute();
}

/** Whether papers come that trend elsewhere, which they did for everybody before. */
export async function addTrendingChoice(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .alterTable('subscriber')
    .addColumn('trending', 'integer', (column) => column.notNull().defaultTo(1))
    .execute();
}

async function createOutbox(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('digest_outbox')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('subscriber_id', 'text', (column) =>
      column.notNull().references('subscriber.id').onDelete('cascade'),
    )
    .addColumn('issue', 'text', (column) => column.notNull())
    .addColumn('content', 'text', (column) => column.notNull())
    .addColumn('state', 'text', (column) => column.notNull())
    .addColumn('claim', 'text')
    .addColumn('lease_until', 'bigint')
    .addColumn('tries', 'integer', (column) => column.notNull())
    .addColumn('due_at', 'bigint', (column) => column.notNull())
    .addColumn('planned_at', 'bigint', (column) => column.notNull())
    .addColumn('done_at', 'bigint')
    .addColumn('reply', 'integer')
    .addColumn('bounce', 'text')
    .addUniqueConstraint('digest_outbox_issue', ['subscriber_id', 'issue'])
    .execute();
  await db.schema.createIndex('digest_outbox_due').on('digest_outbox').columns(['state', 'due_at']).execute();
}
