/** A page that cannot be imported; the message is one line and the database is as it was before. */
export class ImportError extends Error {
  override readonly name = 'ImportError';
}

/** Something that an account may not do, or not so; the message is one line for whoever tried. */
export class PeopleError extends Error {
  override readonly name = 'PeopleError';

  constructor(
    readonly kind: 'bad input' | 'not allowed' | 'not found' | 'too many',
    message: string,
  ) {
    super(message);
  }
}
