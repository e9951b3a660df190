/** Why a mail did not go out. */
export interface MailFault {
  /**
   * `unreachable`: the server itself, whoever the mail is for; `gone`: there is no such recipient; `later`: try again;
   * `refused`: this mail, for good.
   */
  readonly kind: 'unreachable' | 'gone' | 'later' | 'refused';
  readonly code?: number;
  /** One line without an address. */
  readonly message: string;
}

/** Reads an error of `Mailer.send`. */
export function faultOf(error: unknown): MailFault {
  const { responseCode, command, code, message } = error as {
    responseCode?: number;
    command?: string;
    code?: string;
    message?: string;
  };
  const atRecipient = command === 'RCPT TO';
  if (!responseCode || !(atRecipient || command === 'DATA')) {
    const words = (message ?? String(error)).replace(/\s+/g, ' ').slice(0, 200);
    return { kind: 'unreachable', message: withoutAddresses(`${code ? `${code}: ` : ''}${words}`) };
  }
  const kind = responseCode < 500 ? 'later' : atRecipient ? 'gone' : 'refused';
  return { kind, code: responseCode, message: `${responseCode} at ${command}` };
}

const withoutAddresses = (text: string): string => text.replace(/[^\s<>"]+@[^\s<>"]+/g, '…');
