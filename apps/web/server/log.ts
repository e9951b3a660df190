import { type DestinationStream, type Logger, pino } from 'pino';

export type Log = Pick<Logger, 'error' | 'warn' | 'info' | 'debug'>;

/**
 * A log of one line of JSON for each event, on standard error. Nothing in it tells who was here: no addresses, no queries,
 * no cookies, no tokens, and of errors only what is known to be about this side.
 */
export function openLog(level = 'warn', destination: DestinationStream = pino.destination(2)): Log {
  const serializers = { err: describeError };
  return pino({ level, base: null, timestamp: pino.stdTimeFunctions.isoTime, serializers }, destination);
}

/** A path as it may be logged: what follows `/u/`, `/sign-in/`, `/account/email/` and the like is a secret of whoever got the mail. */
export const loggedPath = (url: string): string =>
  withoutSecrets(
    url.replace(/[?#].*/s, '').replace(/^(\/u|\/sign-in|\/account\/email|\/subscribe\/[^/]*)\/.*/s, '$1/…'),
  );

/** Databases and mail servers tell of the values at fault in fields of their errors, which are left out. */
function describeError(error: unknown, depth = 0): unknown {
  if (!(error instanceof Error)) return withoutSecrets(String(error));
  const { name, message, stack, cause } = error;
  const { code } = error as { code?: unknown };
  return {
    type: name,
    message: withoutSecrets(message),
    ...(typeof code === 'string' && { code }),
    ...(stack !== undefined && { stack: withoutSecrets(stack) }),
    ...(cause !== undefined && depth < 3 && { cause: describeError(cause, depth + 1) }),
  };
}

const secrets = [
  // Who signs in to a server, in its address.
  /(?<=:\/\/)[^\s/@]+(?=@)/g,
  // Mail addresses; bounded, so that a long text without one costs little.
  /[\w.!#$&'*+=?^`{|}~-]{1,64}(?:@|%40)[a-z0-9-]+(?:\.[a-z0-9-]+)*/gi,
  // Tokens: hexadecimal ones, and those of sign-in links, sessions and programs.
  /\b[0-9a-f]{48,}\b/gi,
  /\b(?:ek_)?[\w-]{43}\b/g,
];

/** Characters that are logged of a text. */
const longest = 4000;

const withoutSecrets = (text: string): string =>
  secrets.reduce((left, secret) => left.replace(secret, '…'), text.slice(0, longest));
