/** A report of non-delivery as Postfix writes it. */
export function deliveryReport(
  to: string,
  { action = 'failed', status = '5.1.1' }: { action?: string; status?: string } = {},
): Uint8Array {
  return lines(
    'From: MAILER-DAEMON@mx.example.net (Mail Delivery System)',
    `To: ${to}`,
    'Subject: Undelivered Mail Returned to Sender',
    'MIME-Version: 1.0',
    'Content-Type: multipart/report; report-type=delivery-status;',
    ' boundary="9B1F.1/mx.example.net"',
    '',
    '--9B1F.1/mx.example.net',
    'Content-Description: Notification',
    'Content-Type: text/plain; charset=us-ascii',
    '',
    'I am sorry. Action: delivered',
    '',
    '--9B1F.1/mx.example.net',
    'Content-Description: Delivery report',
    'Content-Type: message/delivery-status',
    '',
    'Reporting-MTA: dns; mx.example.net',
    'Arrival-Date: Thu, 11 Dec 2025 08:00:00 +0000 (UTC)',
    '',
    'Final-Recipient: rfc822; ada@example.net',
    'Original-Recipient: rfc822;ada@example.net',
    `Action: ${action}`,
    `Status: ${status}`,
    'Diagnostic-Code: smtp; 550 5.1.1 <ada@example.net>: Recipient address',
    '    rejected',
    '',
    '--9B1F.1/mx.example.net',
    'Content-Type: text/rfc822-headers',
    '',
    'Subject: Daily papers',
    '',
    '--9B1F.1/mx.example.net--',
  );
}

/** A complaint (ARF) about a mail that was sent from an address. */
export const complaint = (returnPath: string): Uint8Array =>
  lines(
    'From: feedback@provider.example',
    'To: abuse@example.org',
    'Content-Type: multipart/report; report-type=feedback-report; boundary="b"',
    '',
    '--b',
    'Content-Type: text/plain',
    '',
    'A complaint.',
    '--b',
    'Content-Type: message/feedback-report',
    '',
    'Feedback-Type: abuse',
    'Version: 1',
    '',
    '--b',
    'Content-Type: message/rfc822',
    '',
    `Return-Path: <${returnPath}>`,
    'Subject: Daily papers',
    '',
    'Text',
    '--b--',
  );

/** What a mail program sends for the mailto of List-Unsubscribe. */
export const wish = (to: string): Uint8Array =>
  lines('From: ada@example.net', `To: ${to}`, 'Subject: unsubscribe', '', 'unsubscribe');

const lines = (...text: string[]): Uint8Array => Buffer.from(`${text.join('\r\n')}\r\n`);
