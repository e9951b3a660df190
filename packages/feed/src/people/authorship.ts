import type { Kysely } from 'kysely';
import type { Database } from '../database/schema.js';

/** States of a claim that holds. */
export const holding = ['claimed_verified', 'admin_assigned'] as const;

/** Whether an account is an author of a paper, or of any where none is named. */
export async function isAuthor(db: Kysely<Database>, accountId: string, paperId?: string): Promise<boolean> {
  const claim = await db
    .selectFrom('author_claim')
    .select('id')
    .where('account_id', '=', accountId)
    .$if(paperId !== undefined, (query) => query.where('paper_id', '=', paperId!))
    .where('state', 'in', holding)
    .executeTakeFirst();
  return claim !== undefined;
}
