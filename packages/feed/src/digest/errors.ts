/** A subscription that cannot be taken; the message is one line for whoever asked. */
export class SubscriptionError extends Error {
  override readonly name = 'SubscriptionError';
}
