import { fail } from '@sveltejs/kit';
import { choicesFrom } from '../../../server/subscriptionForm.js';

/**
 * Pages with a token are for one person: nobody keeps them, and no other site that they lead to learns the token. Without
 * any referrer browsers would send their forms with no origin, and those are not taken.
 */
export const personalHeaders = { 'cache-control': 'no-store', 'referrer-policy': 'same-origin' };

/** A refusal of the feed as an answer that shows the form again, with what was written in it. */
export function refused(error: unknown, form: FormData, address = '') {
  // By its name: the feed that threw it may be another copy of the same code.
  if (!(error instanceof Error) || error.name !== 'SubscriptionError') throw error;
  const problem = `${error.message.charAt(0).toUpperCase()}${error.message.slice(1)}.`;
  return fail(400, { problem, address, choices: choicesFrom(form) });
}
