import type { Kysely, Transaction } from 'kysely';
import { write } from '../database/engine.js';
import type { Database } from '../database/schema.js';
import { openSecrets } from '../digest/secrets.js';
import { moveSubscription } from '../digest/subscribers.js';
import { actorOf, parseEmail } from './accounts.js';
import { hashOf, linkLife, mostLinks, newSecret, refuse } from './common.js';
import type { People } from './types.js';

type EmailChanges = Pick<People, 'requestEmailChange' | 'peekEmailChange' | 'changeEmail'>;

/** Changes of addresses: a link to the new one, which only the account that asked can use. */
export function emailChangesOf(db: Kysely<Database>, clock: () => number): EmailChanges {
  return {
    async requestEmailChange(accountId, text) {
      const email = parseEmail(text) ?? refuse('bad input', 'That is no e-mail address.');
      const secret = newSecret();
      await write(db, (transaction) => addLink(transaction, accountId, { secret, email }, clock()));
      return { secret, email };
    },
    peekEmailChange: async (accountId, secret) => (await goodLink(db, accountId, secret, clock()))?.email,
    async changeEmail(accountId, secret, session) {
      const secrets = await openSecrets(db);
      return write(db, async (transaction) => {
        const { email: from } = await actorOf(transaction, accountId);
        const link = await goodLink(transaction, accountId, secret, clock());
        if (!link) return undefined;
        const to = link.email;
        await refuseTaken(transaction, accountId, to);
        await transaction.updateTable('account').set({ email: to }).where('id', '=', accountId).execute();
        await transaction.deleteFrom('email_change').where('account_id', '=', accountId).execute();
        await transaction.deleteFrom('sign_in').where('email', '=', from).execute();
        await transaction
          .deleteFrom('session')
          .where('account_id', '=', accountId)
          .where('hash', '!=', hashOf(session))
          .execute();
        await moveSubscription(transaction, secrets, from, to);
        return { from, to };
      });
    },
  };
}

async function addLink(
  transaction: Transaction<Database>,
  accountId: string,
  { secret, email }: { secret: string; email: string },
  now: number,
): Promise<void> {
  const account = await actorOf(transaction, accountId);
  if (account.email === email) refuse('bad input', 'That is your address already.');
  await transaction
    .deleteFrom('email_change')
    .where('created_at', '<', now - linkLife)
    .execute();
  const { count } = await transaction
    .selectFrom('email_change')
    .select((all) => all.fn.countAll<number>().as('count'))
    .where('account_id', '=', accountId)
    .executeTakeFirstOrThrow();
  if (count >= mostLinks)
    refuse('too many', 'Too many links were asked for; try again in a quarter of an hour.');
  await transaction
    .insertInto('email_change')
    .values({ hash: hashOf(secret), account_id: accountId, email, created_at: now })
    .execute();
}

function goodLink(db: Kysely<Database>, accountId: string, secret: string, now: number) {
  return db
    .selectFrom('email_change')
    .select('email')
    .where('hash', '=', hashOf(secret))
    .where('account_id', '=', accountId)
    .where('created_at', '>=', now - linkLife)
    .executeTakeFirst();
}

/** Only whoever reads the mail of that address learns of it. */
async function refuseTaken(
  transaction: Transaction<Database>,
  accountId: string,
  email: string,
): Promise<void> {
  const other = await transaction
    .selectFrom('account')
    .select('id')
    .where('email', '=', email)
    .where('id', '!=', accountId)
    .executeTakeFirst();
  if (other) refuse('bad input', 'Another account has this address; delete that one first.');
}
