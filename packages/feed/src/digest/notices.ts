import type { Kysely } from 'kysely';
import { write } from '../database/engine.js';
import type { Database } from '../database/schema.js';
import type { Mailer } from '../mail/mailer.js';
import { faultOf } from './faults.js';
import { confirmation, noticeMessage, reminder } from './messages.js';
import { hashToken, newToken, type Secrets } from './secrets.js';
import { type SubscriberRow, suppress, tokenLife } from './subscribers.js';
import type { RunOptions, Sender } from './types.js';

/** Until a mail is tried again whose sending failed, or whose process died. */
const pause = 5 * 60_000;
const mostTries = 5;

/**
 * Sends the mails about subscriptions themselves. One that a process died over is sent again, with a token of its own.
 * @returns how many were sent, and why the server could not be reached
 */
export async function sendNotices(
  db: Kysely<Database>,
  secrets: Secrets,
  mailer: Mailer,
  sender: Sender,
  { now = Date.now, signal, onProblem }: RunOptions,
): Promise<{ sent: number; fault?: string }> {
  let sent = 0;
  while (!signal?.aborted) {
    const claimed = await claimNotice(db, now());
    if (!claimed) break;
    const { row, token } = claimed;
    const notice = row.mail_due === 'known' ? reminder(sender, secrets, row.id) : confirmation(sender, token);
    try {
      await mailer.send(noticeMessage(row.address, notice, sender, secrets, row.id));
      await finish(db, row, now());
      sent++;
    } catch (error) {
      const fault = faultOf(error);
      onProblem?.(`a mail about a subscription: ${fault.message}`);
      if (fault.kind === 'gone') await suppress(db, secrets, row, 'bounce', now());
      if (fault.kind === 'unreachable') {
        const { mail_due, mail_tries } = row;
        await db.updateTable('subscriber').set({ mail_due, mail_tries }).where('id', '=', row.id).execute();
        return { sent, fault: fault.message };
      }
    }
  }
  return { sent };
}

/** Takes a mail that is due in hand; where it confirms, with a new token in place of the earlier one. */
function claimNotice(
  db: Kysely<Database>,
  now: number,
): Promise<{ row: SubscriberRow; token: string } | undefined> {
  return write(db, async (transaction) => {
    const row = await transaction
      .selectFrom('subscriber')
      .selectAll()
      .where('mail_due', 'is not', null)
      .where('mail_after', '<=', now)
      .orderBy('mail_after')
      .orderBy('id')
      .limit(1)
      .executeTakeFirst();
    if (!row) return undefined;
    const token = newToken();
    const confirms = row.mail_due === 'confirm';
    const last = row.mail_tries + 1 >= mostTries;
    await transaction
      .updateTable('subscriber')
      .set({
        mail_after: now + pause,
        mail_tries: row.mail_tries + 1,
        ...(last && { mail_due: null }),
        ...(confirms && { token_hash: hashToken(token), token_expires: now + tokenLife }),
      })
      .where('id', '=', row.id)
      .execute();
    return { row, token };
  });
}

/** Where the same was asked for again meanwhile, the mail that has gone answers that too. */
async function finish(db: Kysely<Database>, { id }: SubscriberRow, now: number): Promise<void> {
  await db
    .updateTable('subscriber')
    .set({ mail_due: null, mail_tries: 0, mailed_at: now })
    .where('id', '=', id)
    .execute();
}
