import type { Kysely } from 'kysely';
import { write } from '../database/engine.js';
import type { Database } from '../database/schema.js';
import { normaliseTitle } from '../import/title.js';
import { type Admins, actorOf, toProfile } from './accounts.js';
import { holding, isAuthor } from './authorship.js';
import { cleanText, day, newId, paperIdOf, refuse, timeOf } from './common.js';
import type { AuthorClaim, People } from './types.js';

/** Claims that one account may have waiting. */
const mostWaiting = 20;
/** Papers that one account may submit within a day. */
const mostSubmissions = 10;

type Claims = Pick<
  People,
  | 'claim'
  | 'claims'
  | 'claimsOn'
  | 'withTheirAuthors'
  | 'hideClaim'
  | 'checkSubmission'
  | 'recordSubmission'
  | 'mayEdit'
  | 'isAuthor'
  | 'setLinks'
>;

/** Who is an author of what, and what follows from it: submitting, and links of a paper. */
export function claimsOf(db: Kysely<Database>, admins: Admins, clock: () => number): Claims {
  return {
    claim: (accountId, claim) => requestClaim(db, accountId, claim, clock()),
    claims: (accountId) => selectClaims(db, { accountId }),
    async claimsOn(paperIds) {
      return (await selectClaims(db, { paperIds })).filter(({ state }) => state !== 'refused');
    },
    withTheirAuthors: (paperIds) => withTheirAuthors(db, paperIds),
    async hideClaim(accountId, claimId, hidden) {
      await db
        .updateTable('author_claim')
        .set({ hidden: hidden ? 1 : 0 })
        .where('id', '=', claimId)
        .where('account_id', '=', accountId)
        .execute();
    },
    async checkSubmission(accountId, { requireClaim }) {
      const account = await actorOf(db, accountId);
      if (admins.has(account.email)) return;
      if (requireClaim && !(await isAuthor(db, accountId))) {
        refuse('not allowed', 'Authors of a paper here can submit; claim yours on its page first.');
      }
      const { count } = await db
        .selectFrom('submission')
        .select((all) => all.fn.countAll<number>().as('count'))
        .where('account_id', '=', accountId)
        .where('at', '>', clock() - day)
        .executeTakeFirstOrThrow();
      if (count >= mostSubmissions) refuse('too many', `At most ${mostSubmissions} papers a day.`);
    },
    async recordSubmission(accountId, paperId) {
      const id = await paperIdOf(db, paperId);
      await db
        .insertInto('submission')
        .values({ paper_id: id, account_id: accountId, at: clock() })
        .onConflict((conflict) => conflict.column('paper_id').doNothing())
        .execute();
    },
    mayEdit: (accountId, paperId) => mayEdit(db, accountId, paperId, admins),
    async isAuthor(accountId, paperId) {
      return isAuthor(db, accountId, await paperIdOf(db, paperId));
    },
    setLinks: (accountId, paperId, links) => setLinks(db, accountId, paperId, links, admins),
  };
}

/** The name of an author as a paper has it. */
export async function authorOf(db: Kysely<Database>, paperId: string, author: string) {
  const key = normaliseTitle(author);
  const row = await db
    .selectFrom('paper_author')
    .select(['name as author', 'key as author_key'])
    .where('paper_id', '=', paperId)
    .where('key', '=', key)
    .executeTakeFirst();
  return row ?? refuse('not found', 'That paper has no such author here.');
}

async function requestClaim(
  db: Kysely<Database>,
  accountId: string,
  { paperId: anyId, author: name, evidence: text }: { paperId: string; author: string; evidence: string },
  now: number,
): Promise<string> {
  const evidence = cleanText(text, { name: 'What shows it', most: 1000, lines: true });
  return write(db, async (transaction) => {
    await actorOf(transaction, accountId);
    const paperId = await paperIdOf(transaction, anyId);
    const author = await authorOf(transaction, paperId, name);
    const mine = await selectClaims(transaction, { accountId });
    const known = mine.find((claim) => claim.paperId === paperId);
    if (known && known.state !== 'refused') refuse('bad input', 'You have claimed this paper already.');
    if (mine.filter(({ state }) => state === 'claimed').length >= mostWaiting) {
      refuse('too many', `At most ${mostWaiting} claims can wait at a time.`);
    }
    const taken = (await selectClaims(transaction, { paperIds: [paperId] })).some(
      (claim) =>
        normaliseTitle(claim.author) === author.author_key &&
        (holding as readonly string[]).includes(claim.state),
    );
    if (taken) refuse('not allowed', 'Somebody else is known as this author.');
    const id = known?.id ?? newId();
    const fresh = { ...author, state: 'claimed' as const, evidence, changed_at: now };
    await transaction
      .insertInto('author_claim')
      .values({ id, paper_id: paperId, account_id: accountId, hidden: 0, ...fresh })
      .onConflict((conflict) => conflict.columns(['paper_id', 'account_id']).doUpdateSet(fresh))
      .execute();
    return id;
  });
}

/** Claims of an account, on some papers, or all that wait; newest first. */
export async function selectClaims(
  db: Kysely<Database>,
  which: { accountId: string } | { paperIds: readonly string[] } | 'waiting',
): Promise<AuthorClaim[]> {
  if (which !== 'waiting' && 'paperIds' in which && which.paperIds.length === 0) return [];
  const rows = await db
    .selectFrom('author_claim')
    .innerJoin('account', 'account.id', 'author_claim.account_id')
    .innerJoin('paper', 'paper.id', 'author_claim.paper_id')
    .select(['author_claim.id', 'author_claim.paper_id', 'paper.title', 'author', 'state', 'evidence'])
    .select(['changed_at', 'hidden', 'account_id', 'name', 'full_name', 'account.about', 'orcid'])
    .$if(which === 'waiting', (query) => query.where('state', '=', 'claimed'))
    .$if(which !== 'waiting', (query) =>
      'paperIds' in (which as object)
        ? query.where('author_claim.paper_id', 'in', (which as { paperIds: readonly string[] }).paperIds)
        : query.where('account_id', '=', (which as { accountId: string }).accountId),
    )
    .where('account.blocked_at', 'is', null)
    .orderBy('changed_at', 'desc')
    .orderBy('author_claim.id')
    .execute();
  return rows.map((row) => ({
    id: row.id,
    paperId: row.paper_id,
    paperTitle: row.title,
    author: row.author,
    state: row.state,
    evidence: row.evidence,
    changedAt: timeOf(row.changed_at),
    hidden: row.hidden === 1,
    by: toProfile({ ...row, id: row.account_id }),
  }));
}

async function withTheirAuthors(
  db: Kysely<Database>,
  paperIds: readonly string[],
): Promise<ReadonlySet<string>> {
  if (paperIds.length === 0) return new Set();
  const rows = await db
    .selectFrom('author_claim')
    .select('paper_id')
    .where('paper_id', 'in', paperIds)
    .where('state', 'in', holding)
    .where(({ or, exists, selectFrom }) =>
      or([
        exists(
          selectFrom('comment')
            .select('comment.id')
            .whereRef('comment.paper_id', '=', 'author_claim.paper_id')
            .whereRef('comment.account_id', '=', 'author_claim.account_id')
            .where('comment.hidden_at', 'is', null),
        ),
        exists(
          selectFrom('submission')
            .select('submission.at')
            .whereRef('submission.paper_id', '=', 'author_claim.paper_id')
            .whereRef('submission.account_id', '=', 'author_claim.account_id'),
        ),
      ]),
    )
    .execute();
  return new Set(rows.map(({ paper_id }) => paper_id));
}

async function mayEdit(
  db: Kysely<Database>,
  accountId: string,
  anyId: string,
  admins: Admins,
): Promise<boolean> {
  const account = await actorOf(db, accountId);
  if (admins.has(account.email)) return true;
  const paperId = await paperIdOf(db, anyId);
  if (await isAuthor(db, accountId, paperId)) return true;
  const submitted = await db
    .selectFrom('submission')
    .select('at')
    .where('paper_id', '=', paperId)
    .where('account_id', '=', accountId)
    .executeTakeFirst();
  return submitted !== undefined;
}

async function setLinks(
  db: Kysely<Database>,
  accountId: string,
  anyId: string,
  { projectPage, repository }: { projectPage?: string; repository?: string },
  admins: Admins,
): Promise<void> {
  const page = projectPage === undefined ? undefined : webLink(projectPage, 'Project page');
  const code = repository === undefined ? undefined : webLink(repository, 'Repository');
  await write(db, async (transaction) => {
    if (!(await mayEdit(transaction, accountId, anyId, admins))) {
      refuse('not allowed', 'Only its authors, its submitter and admins can change this paper’s links.');
    }
    const set = {
      ...(page !== undefined && { project_page: page }),
      ...(code !== undefined && { repository: code }),
    };
    if (Object.keys(set).length === 0) return;
    const id = await paperIdOf(transaction, anyId);
    await transaction.updateTable('paper').set(set).where('id', '=', id).execute();
  });
}

/** An address of the web; null takes it away. */
function webLink(text: string, name: string): string | null {
  const link = text.trim();
  if (link === '') return null;
  const good = link.length <= 500 && /^https?:\/\//i.test(link) && URL.canParse(link);
  return good
    ? new URL(link).href
    : refuse('bad input', `${name}: expected an address such as https://example.org.`);
}
