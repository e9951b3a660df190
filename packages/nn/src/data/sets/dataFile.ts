/** The files of an npm package. */
export interface PackageFiles {
  /** @throws Error when it cannot be read */
  read(path: string): Promise<Uint8Array>;
  /** Names in a folder, in no particular order. @throws Error when it cannot be read */
  list(folder: string): Promise<string[]>;
}

/** A file with a data set, made once from an npm package where there are files, and fetched elsewhere. */
export interface DataFile {
  /**
   * `<set>.<hash>.<ending>`: the hash is the first eight hexadecimal digits of the SHA-256 of its bytes, so that a name
   * means the same bytes for ever.
   */
  readonly name: string;
  readonly package: { readonly name: string; readonly version: string };
  make(files: PackageFiles): Promise<Uint8Array<ArrayBuffer>>;
}

/**
 * Whether a file has the bytes that its name promises. Pages from other computers that come without TLS have no hashes:
 * there it is taken to have them.
 */
export async function isIntact({ name }: DataFile, bytes: Uint8Array<ArrayBuffer>): Promise<boolean> {
  if (globalThis.crypto?.subtle === undefined) return true;
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
  const digits = Array.from(digest.subarray(0, 4), (byte) => byte.toString(16).padStart(2, '0')).join('');
  return name.split('.')[1] === digits;
}
