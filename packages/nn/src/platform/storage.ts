/** A folder of files, each written whole or not at all. Names are plain file names. */
export interface Storage {
  /** The bytes of a file, undefined when there is none. */
  read(name: string): Promise<Uint8Array<ArrayBuffer> | undefined>;
  /** Puts a file there, or in the place of the one of that name. What interrupts it leaves the old file, or none. */
  write(name: string, bytes: Uint8Array<ArrayBuffer>): Promise<void>;
  /** Removes a file if there is one. */
  remove(name: string): Promise<void>;
  /** The names of all files, sorted. */
  list(): Promise<string[]>;
}

/** @throws RangeError unless it is a name of letters, digits, dots, dashes and underscores that begins with no dot */
export function requireFileName(name: string): void {
  if (!/^[\w-][\w.-]*$/.test(name)) {
    throw new RangeError(
      `storage: expected a name of letters, digits, dots, dashes and underscores, got ${JSON.stringify(name)}`,
    );
  }
}
