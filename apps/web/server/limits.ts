import type { IncomingMessage } from 'node:http';

/** Why a request is turned away before anything reads it. */
export interface Refusal {
  readonly status: number;
  readonly message: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** Bytes. Nothing that is asked here needs a body. */
const bodyLimit = 16 * 1024;

/** The site only reads: other methods and large bodies are refused, and their connection is closed unread. */
export function refusal({ method, headers }: IncomingMessage): Refusal | undefined {
  const length = Number(headers['content-length'] ?? 0);
  if (length > bodyLimit || headers['transfer-encoding'] !== undefined)
    return {
      status: 413,
      message: `A request may carry at most ${bodyLimit} bytes, announced beforehand.`,
      headers: { connection: 'close' },
    };
  if (method !== 'GET' && method !== 'HEAD')
    return {
      status: 405,
      message: `This site answers GET and HEAD, not ${method}.`,
      headers: { allow: 'GET, HEAD', connection: 'close' },
    };
  return undefined;
}
