import type { Kysely, Selectable } from 'kysely';
import { write } from '../database/engine.js';
import type { Database } from '../database/schema.js';
import { wasNoted } from './handover.js';
import { newId } from './secrets.js';
import type { DigestOutboxTable } from './tables.js';

const minute = 60_000;

/** How long one process may have a message in hand: longer than a server may be silent. */
export const lease = 3 * minute;

/** After each "not now" of a server; after the last one the issue is dropped. */
const pauses = [5 * minute, 30 * minute, 120 * minute, 480 * minute];

/** An issue in the hands of this process. */
export type Claimed = Pick<Selectable<DigestOutboxTable>, 'id' | 'subscriber_id' | 'issue' | 'tries'> & {
  readonly claim: string;
  readonly content: string;
  readonly address: string;
};

/**
 * Settles what processes left behind that died while they marked an issue or sent the end of its message. One that had
 * not come to the end is sent again. For one that had, the server has the whole message, and servers deliver what they
 * have: it counts as sent. Where nobody can tell, as the notes are on another computer, it counts as sent too: an issue
 * may be lost in that moment, but never comes twice.
 * @param folder where processes of this computer keep their notes
 * @returns how many count as sent
 */
export async function settleUnsure(db: Kysely<Database>, folder: string, now: number): Promise<number> {
  const left = await db
    .selectFrom('digest_outbox')
    .select(['id', 'claim'])
    .where('state', '=', 'handing')
    .where('lease_until', '<=', now)
    .execute();
  let unsure = 0;
  for (const { id, claim } of left) {
    const [run = ''] = (claim ?? '').split('-');
    const again = (await wasNoted(folder, run, id)) === false;
    const settled = await db
      .updateTable('digest_outbox')
      .set({
        claim: null,
        lease_until: null,
        ...(again ? { state: 'queued' as const } : { state: 'unsure' as const, done_at: now }),
      })
      .where('id', '=', id)
      .where('claim', '=', claim)
      .executeTakeFirst();
    if (!again) unsure += Number(settled.numUpdatedRows);
  }
  return unsure;
}

/**
 * Takes the next issue that is due, also one whose process died before the end of the message was sent.
 * @param run names this process
 */
export function claimNext(db: Kysely<Database>, run: string, now: number): Promise<Claimed | undefined> {
  return write(db, async (transaction) => {
    const row = await transaction
      .selectFrom('digest_outbox as issue')
      .innerJoin('subscriber', 'subscriber.id', 'issue.subscriber_id')
      .select([
        'issue.id',
        'issue.subscriber_id',
        'issue.issue',
        'issue.tries',
        'issue.content',
        'subscriber.address',
      ])
      .where('subscriber.state', '=', 'active')
      .where(({ or, and, eb }) =>
        or([
          and([eb('issue.state', '=', 'queued'), eb('issue.due_at', '<=', now)]),
          and([eb('issue.state', '=', 'sending'), eb('issue.lease_until', '<=', now)]),
        ]),
      )
      .orderBy('issue.due_at')
      .orderBy('issue.id')
      .limit(1)
      .executeTakeFirst();
    if (!row) return undefined;
    const claim = `${run}-${newId()}`;
    await transaction
      .updateTable('digest_outbox')
      .set({ state: 'sending', claim, lease_until: now + lease })
      .where('id', '=', row.id)
      .execute();
    return { ...row, claim };
  });
}

/** The issue is in other hands by now, or its subscriber gone. */
export class LostClaim extends Error {
  override readonly name = 'LostClaim';
}

/**
 * Notes that the end of the message is about to be sent.
 * @throws LostClaim where it must not be
 */
export async function markHanding(
  db: Kysely<Database>,
  { id, claim }: Pick<Claimed, 'id' | 'claim'>,
  now: number,
): Promise<void> {
  const marked = await db
    .updateTable('digest_outbox')
    .set({ state: 'handing', lease_until: now + lease })
    .where('id', '=', id)
    .where('claim', '=', claim)
    .where('state', '=', 'sending')
    .executeTakeFirst();
  if (Number(marked.numUpdatedRows) !== 1)
    throw new LostClaim('digest: the issue is no longer in these hands');
}

type Settled = Partial<
  Pick<DigestOutboxTable, 'state' | 'due_at' | 'tries' | 'reply' | 'bounce' | 'done_at'>
>;

/** Lets an issue go out of these hands. */
export async function settle(
  db: Kysely<Database>,
  { id, claim }: Pick<Claimed, 'id' | 'claim'>,
  settled: Settled,
): Promise<void> {
  await db
    .updateTable('digest_outbox')
    .set({ ...settled, claim: null, lease_until: null })
    .where('id', '=', id)
    .where('claim', '=', claim)
    .execute();
}

/** What becomes of an issue that a server did not want now. */
export function afterRefusal({ tries }: Claimed, code: number | undefined, now: number): Settled {
  const pause = pauses[tries];
  const reply = code ?? null;
  if (pause !== undefined) return { state: 'queued', tries: tries + 1, due_at: now + pause, reply };
  return { state: 'dropped', tries: tries + 1, reply, bounce: 'soft', done_at: now };
}

/** Three issues in a row that a subscriber's server did not take, and no more are sent before someone asks for them. */
export async function pauseAfterBounces(db: Kysely<Database>, subscriberId: string): Promise<boolean> {
  const last = await db
    .selectFrom('digest_outbox')
    .select('bounce')
    .where('subscriber_id', '=', subscriberId)
    .where('done_at', 'is not', null)
    .orderBy('issue', 'desc')
    .limit(3)
    .execute();
  if (last.length < 3 || last.some(({ bounce }) => bounce !== 'soft')) return false;
  await db
    .updateTable('subscriber')
    .set({ state: 'paused', next_at: null })
    .where('id', '=', subscriberId)
    .where('state', '=', 'active')
    .execute();
  await db
    .updateTable('digest_outbox')
    .set({ state: 'dropped' })
    .where('subscriber_id', '=', subscriberId)
    .where('state', '=', 'queued')
    .execute();
  return true;
}

/** Issues that are yet to go out, now or later. */
export async function countWaiting(db: Kysely<Database>): Promise<number> {
  const { count } = await db
    .selectFrom('digest_outbox')
    .select((query) => query.fn.countAll<number>().as('count'))
    .where('state', 'in', ['queued', 'sending', 'handing'])
    .executeTakeFirstOrThrow();
  return Number(count);
}

const keptFor = 120 * 24 * 60 * minute;

/** Old issues are of no more use: what they told of is no news any more. */
export async function forgetOldIssues(db: Kysely<Database>, now: number): Promise<void> {
  await db
    .deleteFrom('digest_outbox')
    .where('done_at', 'is not', null)
    .where('planned_at', '<', now - keptFor)
    .execute();
}
