import type { Context } from 'hono';
import { type Log, loggedPath } from './log.js';

/** An answer other than 200, with a code that programs can tell apart. */
export class ApiError extends Error {
  constructor(
    readonly status: 400 | 401 | 403 | 404 | 429 | 500 | 502,
    readonly code: string,
    message: string,
  ) {
    super(message);
  }
}

/** JSON `{ error }`, and the same in the headers that clients of Hugging Face's API read. Faults of this side are logged. */
export function answerError(error: Error, c: Context, log: Log): Response {
  if (!(error instanceof ApiError))
    log.error({ method: c.req.method, path: loggedPath(c.req.path), err: error }, 'fault');
  const { status, code, message } =
    error instanceof ApiError ? error : new ApiError(500, 'InternalError', 'something went wrong here');
  c.header('x-error-code', code);
  c.header('x-error-message', headerText(message));
  return c.json({ error: message }, status);
}

/** Headers carry printable ASCII only. */
const headerText = (text: string): string => text.slice(0, 200).replace(/[^\x20-\x7e]/g, '?');
