import type { Transaction } from 'kysely';
import type { Database } from '../database/schema.js';

/** Counts a paper's votes and comments anew, beside those that came with imports. */
export async function settlePaper(transaction: Transaction<Database>, paperId: string): Promise<void> {
  const votes = await transaction
    .selectFrom('vote')
    .select((count) => count.fn.countAll<number>().as('count'))
    .where('paper_id', '=', paperId)
    .where('weight', '>', 0)
    .executeTakeFirstOrThrow();
  const comments = await transaction
    .selectFrom('comment')
    .select((count) => count.fn.countAll<number>().as('count'))
    .where('paper_id', '=', paperId)
    .where('hidden_at', 'is', null)
    .executeTakeFirstOrThrow();
  await transaction
    .updateTable('paper')
    .set((paper) => ({
      upvotes: paper('upvotes', '+', paper(paper.val(votes.count), '-', paper.ref('own_upvotes'))),
      comment_count: paper(
        'comment_count',
        '+',
        paper(paper.val(comments.count), '-', paper.ref('own_comments')),
      ),
      own_upvotes: votes.count,
      own_comments: comments.count,
    }))
    .where('id', '=', paperId)
    .execute();
}
