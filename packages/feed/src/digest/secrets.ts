import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import type { Kysely } from 'kysely';
import type { Database } from '../database/schema.js';
import { addressKey } from './address.js';

/** What a token allows. */
type Purpose = 'unsubscribe' | 'preferences' | 'bounce';

const tokenPattern = /^[0-9a-f]{48}$/;

/** Signs what stands in links and return addresses, and hides addresses. */
export interface Secrets {
  /**
   * A token for an id of sixteen hexadecimal digits: the id and a signature of 128 bits, in lower case, since parts of
   * mail addresses may lose their case on the way.
   */
  sign(purpose: Purpose, id: string): string;
  /** The id of a token; undefined for one that was not signed here for this purpose. */
  read(purpose: Purpose, token: string): string | undefined;
  /** By it an address can be recognised and not read. */
  hideAddress(address: string): string;
}

/** The secrets of a feed, made when they are first needed; every process gets the same. */
export async function openSecrets(db: Kysely<Database>): Promise<Secrets> {
  const [key, salt] = [await secret(db, 'links'), await secret(db, 'addresses')];
  const signature = (purpose: Purpose, id: string) =>
    createHmac('sha256', key).update(`${purpose} ${id}`).digest('hex').slice(0, 32);
  const sign = (purpose: Purpose, id: string) => id + signature(purpose, id);
  return {
    sign,
    read(purpose, token) {
      if (!tokenPattern.test(token)) return undefined;
      const id = token.slice(0, 16);
      return timingSafeEqual(Buffer.from(sign(purpose, id)), Buffer.from(token)) ? id : undefined;
    },
    hideAddress: (address) => createHmac('sha256', salt).update(addressKey(address)).digest('hex'),
  };
}

async function secret(db: Kysely<Database>, name: string): Promise<Buffer> {
  const stored = () =>
    db.selectFrom('digest_secret').select('value').where('name', '=', name).executeTakeFirst();
  const known = await stored();
  if (known) return Buffer.from(known.value, 'hex');
  await db
    .insertInto('digest_secret')
    .values({ name, value: randomBytes(32).toString('hex') })
    .onConflict((conflict) => conflict.column('name').doNothing())
    .execute();
  return Buffer.from((await stored())!.value, 'hex');
}

export const newId = (): string => randomBytes(8).toString('hex');

/** A token that is used once; only its hash is stored. */
export const newToken = (): string => randomBytes(24).toString('hex');

export const hashToken = (token: string): string => createHash('sha256').update(token).digest('hex');
