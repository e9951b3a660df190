/** What an answer has that is not good yet may become good: it is asked for again. */
export class TemporaryError extends Error {
  constructor(
    message: string,
    /** Milliseconds that the server asked to wait. */
    readonly after?: number,
  ) {
    super(message);
  }
}
