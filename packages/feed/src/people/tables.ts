import { type ColumnDefinitionBuilder, type Kysely, sql } from 'kysely';

/** Somebody who has signed in. All times are milliseconds since 1970. */
export interface AccountTable {
  /** Twenty-four hexadecimal digits. */
  id: string;
  /** Lower case. */
  email: string;
  /** Name in addresses, such as `ada-l`. */
  name: string;
  full_name: string;
  about: string;
  orcid: string | null;
  created_at: number;
  /** Since when they may not sign in. */
  blocked_at: number | null;
}

/** A link that was mailed and not used; only its hash is here. */
export interface SignInTable {
  hash: string;
  email: string;
  created_at: number;
}

/** A link that was mailed to a new address of an account and not used; only its hash is here. */
export interface EmailChangeTable {
  hash: string;
  account_id: string;
  /** The new address, lower case. */
  email: string;
  created_at: number;
}

export interface SessionTable {
  hash: string;
  account_id: string;
  created_at: number;
  expires_at: number;
}

/** A token for programs. */
export interface PersonalTokenTable {
  id: string;
  hash: string;
  account_id: string;
  label: string;
  created_at: number;
}

export interface VoteTable {
  account_id: string;
  paper_id: string;
  at: number;
  /** What it counts in the trend: 1, less for new accounts, 0 for the paper's own authors. */
  weight: number;
  /** Its event in the trend. */
  event_id: string;
}

export interface ReadingEntryTable {
  account_id: string;
  paper_id: string;
  state: 'unread' | 'read' | 'hidden';
  note: string;
  added_at: number;
}

export interface FollowTable {
  id: string;
  account_id: string;
  kind: 'author' | 'family' | 'search';
  /** The author's name, the family, or the query. */
  value: string;
  created_at: number;
}

export interface CommentTable {
  id: string;
  paper_id: string;
  account_id: string;
  /** Markdown. */
  text: string;
  created_at: number;
  hidden_at: number | null;
  /** Its event in the trend: the first of each reader on a paper has one. */
  event_id: string | null;
}

export interface CommentReportTable {
  comment_id: string;
  account_id: string;
  reason: string;
  created_at: number;
}

export interface AuthorClaimTable {
  id: string;
  paper_id: string;
  account_id: string;
  /** As the paper has it, and as authors are found. */
  author: string;
  author_key: string;
  state: 'claimed' | 'claimed_verified' | 'admin_assigned' | 'refused';
  /** What the claimant says for it. */
  evidence: string;
  changed_at: number;
  /** Whether it is left out of the claimant's profile: 0 or 1. */
  hidden: number;
}

/** Who put a paper on a list. */
export interface SubmissionTable {
  paper_id: string;
  account_id: string;
  at: number;
}

/** What moderators did. */
export interface ModerationTable {
  id: string;
  at: number;
  /** Null once their account is deleted. */
  account_id: string | null;
  action: string;
  subject: string;
}

/** What admins switch while the site runs. */
export interface SiteSwitchTable {
  name: string;
  value: string;
}

export interface PeopleTables {
  account: AccountTable;
  sign_in: SignInTable;
  email_change: EmailChangeTable;
  session: SessionTable;
  personal_token: PersonalTokenTable;
  vote: VoteTable;
  reading_entry: ReadingEntryTable;
  follow: FollowTable;
  comment: CommentTable;
  comment_report: CommentReportTable;
  author_claim: AuthorClaimTable;
  submission: SubmissionTable;
  moderation: ModerationTable;
  site_switch: SiteSwitchTable;
}

type Column = (column: ColumnDefinitionBuilder) => ColumnDefinitionBuilder;
const key: Column = (column) => column.primaryKey();
const required: Column = (column) => column.notNull();
const paper: Column = (column) =>
  column.notNull().references('paper.id').onUpdate('cascade').onDelete('cascade');
const account: Column = (column) => column.notNull().references('account.id').onDelete('cascade');

export async function createPeopleTables(db: Kysely<unknown>): Promise<void> {
  await createAccountTables(db);
  await createReaderTables(db);
  await createCommentTables(db);
  await createClaimTables(db);
}

async function createAccountTables({ schema }: Kysely<unknown>): Promise<void> {
  await schema
    .createTable('account')
    .addColumn('id', 'text', key)
    .addColumn('email', 'text', (column) => column.notNull().unique())
    .addColumn('name', 'text', (column) => column.notNull().unique())
    .addColumn('full_name', 'text', required)
    .addColumn('about', 'text', required)
    .addColumn('orcid', 'text')
    .addColumn('created_at', 'bigint', required)
    .addColumn('blocked_at', 'bigint')
    .execute();
  await schema
    .createTable('sign_in')
    .addColumn('hash', 'text', key)
    .addColumn('email', 'text', required)
    .addColumn('created_at', 'bigint', required)
    .execute();
  await schema.createIndex('sign_in_email').on('sign_in').columns(['email', 'created_at']).execute();
  await schema
    .createTable('session')
    .addColumn('hash', 'text', key)
    .addColumn('account_id', 'text', account)
    .addColumn('created_at', 'bigint', required)
    .addColumn('expires_at', 'bigint', required)
    .execute();
  await schema.createIndex('session_account').on('session').column('account_id').execute();
  await schema
    .createTable('personal_token')
    .addColumn('id', 'text', key)
    .addColumn('hash', 'text', (column) => column.notNull().unique())
    .addColumn('account_id', 'text', account)
    .addColumn('label', 'text', required)
    .addColumn('created_at', 'bigint', required)
    .execute();
  await schema.createIndex('personal_token_account').on('personal_token').column('account_id').execute();
}

export async function createEmailChangeTable({ schema }: Kysely<unknown>): Promise<void> {
  await schema
    .createTable('email_change')
    .addColumn('hash', 'text', key)
    .addColumn('account_id', 'text', account)
    .addColumn('email', 'text', required)
    .addColumn('created_at', 'bigint', required)
    .execute();
  await schema.createIndex('email_change_account').on('email_change').column('account_id').execute();
}

async function createReaderTables({ schema }: Kysely<unknown>): Promise<void> {
  await schema
    .createTable('vote')
    .addColumn('account_id', 'text', account)
    .addColumn('paper_id', 'text', paper)
    .addColumn('at', 'bigint', required)
    .addColumn('weight', 'double precision', required)
    .addColumn('event_id', 'text', required)
    .addPrimaryKeyConstraint('vote_key', ['account_id', 'paper_id'])
    .execute();
  await schema.createIndex('vote_paper').on('vote').column('paper_id').execute();
  await schema
    .createTable('reading_entry')
    .addColumn('account_id', 'text', account)
    .addColumn('paper_id', 'text', paper)
    .addColumn('state', 'text', required)
    .addColumn('note', 'text', required)
    .addColumn('added_at', 'bigint', required)
    .addPrimaryKeyConstraint('reading_entry_key', ['account_id', 'paper_id'])
    .execute();
  await schema.createIndex('reading_entry_paper').on('reading_entry').column('paper_id').execute();
  await schema
    .createTable('follow')
    .addColumn('id', 'text', key)
    .addColumn('account_id', 'text', account)
    .addColumn('kind', 'text', required)
    .addColumn('value', 'text', required)
    .addColumn('created_at', 'bigint', required)
    .addUniqueConstraint('follow_once', ['account_id', 'kind', 'value'])
    .execute();
}

async function createCommentTables({ schema }: Kysely<unknown>): Promise<void> {
  await schema
    .createTable('comment')
    .addColumn('id', 'text', key)
    .addColumn('paper_id', 'text', paper)
    .addColumn('account_id', 'text', account)
    .addColumn('text', 'text', required)
    .addColumn('created_at', 'bigint', required)
    .addColumn('hidden_at', 'bigint')
    .addColumn('event_id', 'text')
    .execute();
  await schema.createIndex('comment_paper').on('comment').columns(['paper_id', 'created_at']).execute();
  await schema.createIndex('comment_account').on('comment').columns(['account_id', 'created_at']).execute();
  await schema
    .createTable('comment_report')
    .addColumn('comment_id', 'text', (column) =>
      column.notNull().references('comment.id').onDelete('cascade'),
    )
    .addColumn('account_id', 'text', account)
    .addColumn('reason', 'text', required)
    .addColumn('created_at', 'bigint', required)
    .addPrimaryKeyConstraint('comment_report_key', ['comment_id', 'account_id'])
    .execute();
}

async function createClaimTables({ schema }: Kysely<unknown>): Promise<void> {
  await schema
    .createTable('author_claim')
    .addColumn('id', 'text', key)
    .addColumn('paper_id', 'text', paper)
    .addColumn('account_id', 'text', account)
    .addColumn('author', 'text', required)
    .addColumn('author_key', 'text', required)
    .addColumn('state', 'text', required)
    .addColumn('evidence', 'text', required)
    .addColumn('changed_at', 'bigint', required)
    .addColumn('hidden', 'integer', (column) => column.notNull().defaultTo(0))
    .addUniqueConstraint('author_claim_once', ['paper_id', 'account_id'])
    .execute();
  await schema.createIndex('author_claim_account').on('author_claim').column('account_id').execute();
  // One author is one account, however many claim it.
  await schema
    .createIndex('author_claim_holder')
    .unique()
    .on('author_claim')
    .columns(['paper_id', 'author_key'])
    .where(sql.ref('state'), 'in', sql`('claimed_verified', 'admin_assigned')`)
    .execute();
  await schema
    .createTable('submission')
    .addColumn('paper_id', 'text', (column) => paper(column).primaryKey())
    .addColumn('account_id', 'text', account)
    .addColumn('at', 'bigint', required)
    .execute();
  await schema.createIndex('submission_account').on('submission').columns(['account_id', 'at']).execute();
  await schema
    .createTable('moderation')
    .addColumn('id', 'text', key)
    .addColumn('at', 'bigint', required)
    .addColumn('account_id', 'text', (column) => column.references('account.id').onDelete('set null'))
    .addColumn('action', 'text', required)
    .addColumn('subject', 'text', required)
    .execute();
  await schema
    .createTable('site_switch')
    .addColumn('name', 'text', key)
    .addColumn('value', 'text', required)
    .execute();
}
