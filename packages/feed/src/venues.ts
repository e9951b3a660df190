import { type Expression, type SqlBool, sql } from 'kysely';

/** The condition that a paper of the table `paper` appeared in a venue: `ICLR 2025`, or `ICLR` of any year. */
export function appearedIn(venue: string): Expression<SqlBool> {
  const anyYear = `${venue.replace(/[\\%_]/g, '\\$&')} ____`;
  return sql<SqlBool>`(paper.venue = ${venue} or paper.venue like ${anyYear} escape '\\')`;
}
