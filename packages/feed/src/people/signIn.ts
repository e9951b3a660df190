import type { Kysely, Transaction } from 'kysely';
import { write } from '../database/engine.js';
import type { Database } from '../database/schema.js';
import { type Admins, accountOf, parseEmail, toAccount } from './accounts.js';
import { cleanText, day, hashOf, linkLife, mostLinks, newId, newSecret, refuse, timeOf } from './common.js';
import type { Account, People, PersonalToken } from './types.js';

/** How long a session lasts after its last use. */
const sessionLife = 30 * day;
const mostTokens = 20;

type SignIn = Pick<People, 'requestSignIn' | 'peekSignIn' | 'signIn' | 'session' | 'signOut'>;

/**
 * Sign-in by mailed links. A link is good once and for a quarter of an hour; what opens it only shows a button, since
 * programs that look through mail follow links. Of every secret the database has a hash alone.
 */
export function signInOf(db: Kysely<Database>, admins: Admins, clock: () => number): SignIn {
  return {
    async requestSignIn(text) {
      const email = parseEmail(text) ?? refuse('bad input', 'That is no e-mail address.');
      const secret = newSecret();
      const made = await write(db, (transaction) => addLink(transaction, secret, email, clock()));
      return made ? { secret, email } : undefined;
    },

    async peekSignIn(secret) {
      const row = await db
        .selectFrom('sign_in')
        .select('email')
        .where('hash', '=', hashOf(secret))
        .where('created_at', '>=', clock() - linkLife)
        .executeTakeFirst();
      return row?.email;
    },

    signIn: (secret, before) =>
      write(db, async (transaction) => {
        const now = clock();
        const email = await useLink(transaction, secret, now);
        const account = email === undefined ? undefined : await accountOf(transaction, email, now);
        if (!account || account.blocked_at !== null) return undefined;
        return openSession(transaction, account.id, before, now);
      }),

    session: (secret) => sessionAccount(db, secret, admins, clock()),

    async signOut(secret, { everywhere = false } = {}) {
      const ended = db.deleteFrom('session');
      const session = db.selectFrom('session').select('account_id').where('hash', '=', hashOf(secret));
      await (everywhere
        ? ended.where('account_id', 'in', session)
        : ended.where('hash', '=', hashOf(secret))
      ).execute();
    },
  };
}

/** Whether there is a link more for an address; not where it has had many. */
async function addLink(
  transaction: Transaction<Database>,
  secret: string,
  email: string,
  now: number,
): Promise<boolean> {
  await transaction
    .deleteFrom('sign_in')
    .where('created_at', '<', now - linkLife)
    .execute();
  const { count } = await transaction
    .selectFrom('sign_in')
    .select((all) => all.fn.countAll<number>().as('count'))
    .where('email', '=', email)
    .executeTakeFirstOrThrow();
  if (count >= mostLinks) return false;
  await transaction
    .insertInto('sign_in')
    .values({ hash: hashOf(secret), email, created_at: now })
    .execute();
  return true;
}

/** The address of a link that is good, which is used up with all others of that address. */
async function useLink(
  transaction: Transaction<Database>,
  secret: string,
  now: number,
): Promise<string | undefined> {
  const link = await transaction
    .deleteFrom('sign_in')
    .where('hash', '=', hashOf(secret))
    .returning(['email', 'created_at'])
    .executeTakeFirst();
  if (!link || link.created_at < now - linkLife) return undefined;
  await transaction.deleteFrom('sign_in').where('email', '=', link.email).execute();
  return link.email;
}

/** A session of a new secret; the one before ends. */
async function openSession(
  transaction: Transaction<Database>,
  accountId: string,
  before: string | undefined,
  now: number,
): Promise<string> {
  await transaction.deleteFrom('session').where('expires_at', '<', now).execute();
  if (before !== undefined) {
    await transaction.deleteFrom('session').where('hash', '=', hashOf(before)).execute();
  }
  const secret = newSecret();
  await transaction
    .insertInto('session')
    .values({ hash: hashOf(secret), account_id: accountId, created_at: now, expires_at: now + sessionLife })
    .execute();
  return secret;
}

async function sessionAccount(
  db: Kysely<Database>,
  secret: string,
  admins: Admins,
  now: number,
): Promise<Account | undefined> {
  const hash = hashOf(secret);
  const row = await db
    .selectFrom('session')
    .innerJoin('account', 'account.id', 'session.account_id')
    .selectAll('account')
    .select('session.expires_at')
    .where('session.hash', '=', hash)
    .where('session.expires_at', '>', now)
    .where('account.blocked_at', 'is', null)
    .executeTakeFirst();
  if (!row) return undefined;
  // Once a day, so that reading pages does not write.
  if (row.expires_at < now + sessionLife - day) {
    await db
      .updateTable('session')
      .set({ expires_at: now + sessionLife })
      .where('hash', '=', hash)
      .execute();
  }
  return toAccount(row, admins);
}

type Tokens = Pick<People, 'createToken' | 'tokens' | 'revokeToken' | 'accountOfToken'>;

/** Tokens with which programs act for an account. */
export function tokensOf(db: Kysely<Database>, admins: Admins, clock: () => number): Tokens {
  return {
    async createToken(accountId, text) {
      const label = cleanText(text, { name: 'Label', most: 60 }) || 'token';
      const token = `ek_${newSecret()}`;
      await write(db, async (transaction) => {
        if ((await tokenList(transaction, accountId)).length >= mostTokens) {
          refuse('too many', `At most ${mostTokens} tokens; revoke one first.`);
        }
        await transaction
          .insertInto('personal_token')
          .values({
            id: newId(),
            hash: hashOf(token),
            account_id: accountId,
            label,
            created_at: clock(),
          })
          .execute();
      });
      return token;
    },
    tokens: (accountId) => tokenList(db, accountId),
    async revokeToken(accountId, id) {
      await db
        .deleteFrom('personal_token')
        .where('id', '=', id)
        .where('account_id', '=', accountId)
        .execute();
    },
    async accountOfToken(token) {
      const row = await db
        .selectFrom('personal_token')
        .innerJoin('account', 'account.id', 'personal_token.account_id')
        .selectAll('account')
        .where('personal_token.hash', '=', hashOf(token))
        .where('account.blocked_at', 'is', null)
        .executeTakeFirst();
      return row && toAccount(row, admins);
    },
  };
}

async function tokenList(db: Kysely<Database>, accountId: string): Promise<PersonalToken[]> {
  const rows = await db
    .selectFrom('personal_token')
    .select(['id', 'label', 'created_at'])
    .where('account_id', '=', accountId)
    .orderBy('created_at')
    .orderBy('id')
    .execute();
  return rows.map(({ id, label, created_at }) => ({ id, label, createdAt: timeOf(created_at) }));
}
