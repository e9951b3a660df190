/** A page that cannot be imported; the message is one line and the database is as it was before. */
export class ImportError extends Error {
  override readonly name = 'ImportError';
}
