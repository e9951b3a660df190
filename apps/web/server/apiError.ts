import type { Context } from 'hono';

/** An answer other than 200, with a code that programs can tell apart. */
export class ApiError extends Error {
  constructor(
    readonly status: 400 | 404 | 500,
    readonly code: string,
    message: string,
  ) {
    super(message);
  }
}

/** JSON `{ error }`, and the same in the headers that clients of Hugging Face's API read. */
export function answerError(error: Error, c: Context): Response {
  if (!(error instanceof ApiError)) console.error(`${c.req.method} ${c.req.path}:`, error);
  const { status, code, message } =
    error instanceof ApiError ? error : new ApiError(500, 'InternalError', 'something went wrong here');
  c.header('x-error-code', code);
  c.header('x-error-message', headerText(message));
  return c.json({ error: message }, status);
}

/** Headers carry printable ASCII only. */
const headerText = (text: string): string => text.slice(0, 200).replace(/[^\x20-\x7e]/g, '?');
