import type { Kysely } from 'kysely';
import type { Database } from '../database/schema.js';
import { accountRow, deleteAccount, profileOf, toAccount, updateProfile } from './accounts.js';
import { claimsOf } from './claims.js';
import { commentsOf } from './comments.js';
import { paperIdOf } from './common.js';
import { emailChangesOf } from './email.js';
import { exportAccount } from './export.js';
import { moderationOf } from './moderation.js';
import { type ListFinder, readingOf } from './reading.js';
import { signInOf, tokensOf } from './signIn.js';
import type { PaperMarks, People } from './types.js';
import { vote } from './votes.js';

export interface PeopleOptions {
  /** E-mail addresses of the admins. */
  readonly admins?: readonly string[] | undefined;
  /** Milliseconds since 1970; tests have one of their own. */
  readonly clock?: () => number;
}

/**
 * Accounts of a feed, and what they do.
 * @param findInList looks a reading list through
 */
export function openPeople(
  db: Kysely<Database>,
  findInList: ListFinder,
  { admins: addresses = [], clock = Date.now }: PeopleOptions,
): People {
  const admins = new Set(addresses.map((address) => address.trim().toLowerCase()));
  const reading = readingOf(db, findInList, clock);
  const tokens = tokensOf(db, admins, clock);
  return {
    ...signInOf(db, admins, clock),
    ...emailChangesOf(db, clock),
    ...tokens,
    ...reading,
    ...commentsOf(db, clock),
    ...claimsOf(db, admins, clock),
    ...moderationOf(db, admins, clock),
    profile: (name) => profileOf(db, name),
    async accountById(id) {
      const row = await accountRow(db, id);
      return row && row.blocked_at === null ? toAccount(row, admins) : undefined;
    },
    updateProfile: (accountId, profile) => updateProfile(db, accountId, profile),
    export: (accountId, format) => exportAccount(db, { ...reading, ...tokens }, accountId, format, admins),
    deleteAccount: (accountId) => deleteAccount(db, accountId),
    vote: (accountId, paperId, up) => vote(db, accountId, paperId, up, clock()),
    marks: (accountId, paperId) => marksOf(db, accountId, paperId),
  };
}

async function marksOf(db: Kysely<Database>, accountId: string, anyId: string): Promise<PaperMarks> {
  const paperId = await paperIdOf(db, anyId);
  const voted = await db
    .selectFrom('vote')
    .select('paper_id')
    .where('account_id', '=', accountId)
    .where('paper_id', '=', paperId)
    .executeTakeFirst();
  const reading = await db
    .selectFrom('reading_entry')
    .select(['state', 'note'])
    .where('account_id', '=', accountId)
    .where('paper_id', '=', paperId)
    .executeTakeFirst();
  const claim = await db
    .selectFrom('author_claim')
    .select('state')
    .where('account_id', '=', accountId)
    .where('paper_id', '=', paperId)
    .executeTakeFirst();
  return { voted: voted !== undefined, ...(reading && { reading }), ...(claim && { claim: claim.state }) };
}
