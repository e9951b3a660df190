import type { IncomingMessage } from 'node:http';

/** Milliseconds that a visitor may take; whoever takes longer is answered 408 or cut off, and holds nobody up. */
export interface TimeLimits {
  /** Until the headers of a request are there. */
  readonly headers: number;
  /** Until the whole request is there. */
  readonly request: number;
  /** For which a connection may carry nothing while an answer is under way. */
  readonly silence: number;
  /** For which a connection stays open after an answer: longer than proxies keep theirs, which would else use closed ones. */
  readonly idle: number;
  /** Between two looks at who is too slow. */
  readonly checking: number;
}

export const usualTimes: TimeLimits = {
  headers: 10_000,
  request: 30_000,
  silence: 60_000,
  idle: 65_000,
  checking: 2_000,
};

/** Bytes of the headers of a request, its address included. */
export const headerLimit = 16 * 1024;

/** Why a request is turned away before anything reads it. */
export interface Refusal {
  readonly status: number;
  readonly message: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** Bytes: room for a form with a long comment. */
const bodyLimit = 64 * 1024;

const methods = ['GET', 'HEAD', 'POST'];

/** Methods that nothing here takes and large bodies are refused, and their connection is closed unread. */
export function refusal({ method, headers }: IncomingMessage): Refusal | undefined {
  const length = Number(headers['content-length'] ?? 0);
  if (length > bodyLimit || headers['transfer-encoding'] !== undefined)
    return {
      status: 413,
      message: `A request may carry at most ${bodyLimit} bytes, announced beforehand.`,
      headers: { connection: 'close' },
    };
  if (!methods.includes(method ?? ''))
    return {
      status: 405,
      message: `This site answers ${methods.join(', ')}, not ${method}.`,
      headers: { allow: methods.join(', '), connection: 'close' },
    };
  return undefined;
}
