import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * The files of a folder and of the folders in it, in the order of their paths, for `imageFolder`. Node alone: a page takes
 * `listFiles` of what its user has chosen.
 * @param folder its path; those of the files begin with it and have `/` between names
 */
export async function listFolder(
  folder: string,
): Promise<{ readonly path: string; read(): Promise<Uint8Array> }[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => {
      const file = join(entry.parentPath, entry.name);
      return { path: file.replaceAll('\\', '/'), read: async () => new Uint8Array(await readFile(file)) };
    })
    .sort((a, b) => (a.path < b.path ? -1 : Number(a.path > b.path)));
}
