import type { Expression, Kysely, SqlBool } from 'kysely';
import { expressionBuilder } from 'kysely';
import type { Database } from '../database/schema.js';
import { normaliseTitle } from '../import/title.js';
import { appearedIn } from '../venues.js';

/** Which papers count; all where nothing is said. */
export interface PaperFilter {
  readonly family?: string | undefined;
  /** A name as papers give it; case, accents and points do not matter. */
  readonly author?: string | undefined;
  readonly tag?: string | undefined;
  /** Such as `ICLR 2025`, or `ICLR` for all years. */
  readonly venue?: string | undefined;
  /** On the list of a day, both included, `YYYY-MM-DD`. */
  readonly from?: string | undefined;
  readonly to?: string | undefined;
  /** Slugs of catalogue papers, such as those that run. */
  readonly slugs?: readonly string[] | undefined;
  /** On the list of this day or a later one, or published then, `YYYY-MM-DD`. */
  readonly newSince?: string | undefined;
  /** On the reading list of this account. */
  readonly readingListOf?: string | undefined;
}

/** Slugs in one query, well below the engines' limits on parameters. */
const mostSlugs = 1000;

export const isFiltered = (filter: PaperFilter): boolean =>
  Object.values(filter).some((value) => value !== undefined);

/** The condition that a paper of the table `paper` fulfils where it counts. */
export function passes(db: Kysely<Database>, filter: PaperFilter): Expression<SqlBool> {
  const { family, author, tag, venue, from, to, slugs, newSince, readingListOf } = filter;
  const is = expressionBuilder<Database, 'paper'>();
  const conditions: Expression<SqlBool>[] = [];
  if (family !== undefined) conditions.push(is('paper.family', '=', family));
  if (slugs !== undefined) {
    conditions.push(slugs.length === 0 ? is.lit(false) : is('paper.slug', 'in', slugs.slice(0, mostSlugs)));
  }
  if (author !== undefined) {
    const theirs = db.selectFrom('paper_author').select('paper_id').where('key', '=', normaliseTitle(author));
    conditions.push(is('paper.id', 'in', theirs));
  }
  if (tag !== undefined) {
    conditions.push(
      is('paper.id', 'in', db.selectFrom('paper_tag').select('paper_id').where('tag', '=', tag)),
    );
  }
  if (venue !== undefined) conditions.push(appearedIn(venue));
  if (from !== undefined || to !== undefined) {
    const listed = db
      .selectFrom('daily_entry')
      .select('paper_id')
      .$if(from !== undefined, (query) => query.where('day', '>=', from!))
      .$if(to !== undefined, (query) => query.where('day', '<=', to!));
    conditions.push(is('paper.id', 'in', listed));
  }
  if (newSince !== undefined) {
    const listed = db.selectFrom('daily_entry').select('paper_id').where('day', '>=', newSince);
    conditions.push(is.or([is('paper.id', 'in', listed), is('paper.published_on', '>=', newSince)]));
  }
  if (readingListOf !== undefined) {
    const theirs = db.selectFrom('reading_entry').select('paper_id').where('account_id', '=', readingListOf);
    conditions.push(is('paper.id', 'in', theirs));
  }
  return is.and(conditions);
}
