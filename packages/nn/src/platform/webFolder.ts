/** Pages see only files that their user has chosen. @throws Error that says so */
export async function listFolder(
  folder: string,
): Promise<{ readonly path: string; read(): Promise<Uint8Array> }[]> {
  throw new Error(`listFolder: a page cannot look into ${folder}; let files be chosen and take listFiles`);
}
