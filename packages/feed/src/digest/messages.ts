import type { MailMessage } from '../mail/mailer.js';
import { cleanLine } from '../text.js';
import type { Secrets } from './secrets.js';
import type { RenderedIssue, Sender } from './types.js';

const domainOf = ({ address }: Sender): string => address.slice(address.lastIndexOf('@') + 1);

/** Links of a subscriber. */
export function readerLinks(sender: Sender, secrets: Secrets, subscriberId: string) {
  const at = (path: string) => new URL(path, sender.base).href;
  return {
    unsubscribe: at(`/u/${secrets.sign('unsubscribe', subscriberId)}`),
    preferences: at(`/subscribe/preferences/${secrets.sign('preferences', subscriberId)}`),
  };
}

/** Where reports of non-delivery go: the address itself says for what. */
const returnAddress = (sender: Sender, secrets: Secrets, id: string): string =>
  `bounce+${secrets.sign('bounce', id)}@${domainOf(sender)}`;

/** An issue as it is sent; the same each time it is tried. */
export function issueMessage(
  {
    id,
    subscriber_id,
    issue,
    address,
  }: { id: string; subscriber_id: string; issue: string; address: string },
  { subject, text, html }: RenderedIssue,
  sender: Sender,
  secrets: Secrets,
): MailMessage {
  const domain = domainOf(sender);
  const token = secrets.sign('unsubscribe', subscriber_id);
  const { unsubscribe } = readerLinks(sender, secrets, subscriber_id);
  return {
    to: address,
    subject,
    text,
    html,
    envelopeFrom: returnAddress(sender, secrets, id),
    headers: {
      'Message-ID': `<digest.${issue}.${id}@${domain}>`,
      'List-Unsubscribe': `<${unsubscribe}>, <mailto:unsubscribe+${token}@${domain}?subject=unsubscribe>`,
      'List-Unsubscribe-Post': 'List-Unsubscribe=One-Click',
      'List-Id': `${listPhrase(sender)}<digest.${domain}>`,
      'Auto-Submitted': 'auto-generated',
      Precedence: 'bulk',
    },
  };
}

/** The name of the list before its id, as far as it is plain letters. */
function listPhrase({ name }: Sender): string {
  const plain = name
    .replace(/[^A-Za-z0-9 -]/g, '')
    .trim()
    .slice(0, 60);
  return plain === '' ? '' : `"${plain}" `;
}

type Notice = Pick<MailMessage, 'subject' | 'text'>;

/** Asks whether the owner of an address wants the digest. */
export function confirmation(sender: Sender, token: string): Notice {
  const name = cleanLine(sender.name);
  return {
    subject: `Confirm your subscription to ${name}`,
    text: `Somebody, we hope you, asked for the papers digest of ${name} (${sender.base}) to be sent to this address.

To get it, open this page within 48 hours and press its button:

${new URL(`/subscribe/confirm/${token}`, sender.base).href}

If it was not you, do nothing: without your word no digest is sent, and your address is forgotten after seven days.

${cleanLine(sender.controller ?? '')}
`,
  };
}

/** Tells somebody who has the digest that it was asked for again. */
export function reminder(sender: Sender, secrets: Secrets, subscriberId: string): Notice {
  const name = cleanLine(sender.name);
  const { preferences, unsubscribe } = readerLinks(sender, secrets, subscriberId);
  return {
    subject: `You are subscribed to ${name}`,
    text: `The papers digest of ${name} (${sender.base}) was asked for with this address, which has it already. Nothing has changed.

Change what you get: ${preferences}
Unsubscribe: ${unsubscribe}

${cleanLine(sender.controller ?? '')}
`,
  };
}

export const noticeMessage = (
  to: string,
  notice: Notice,
  sender: Sender,
  secrets: Secrets,
  subscriberId: string,
): MailMessage => ({
  to,
  ...notice,
  envelopeFrom: returnAddress(sender, secrets, subscriberId),
  headers: { 'Auto-Submitted': 'auto-generated' },
});
