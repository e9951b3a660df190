import { once } from 'node:events';
import { resolve } from 'node:path';
import { type Io, printLines } from '../io.js';
import { resultsFolder } from '../recorded.js';

export interface ServeOptions {
  readonly port: number;
  readonly host: string;
  readonly data: string;
}

/** Serves the site until it is told to stop. */
export async function serve(io: Io, { port, host, data }: ServeOptions): Promise<number> {
  // Loaded here, because the other commands need no server.
  const { startServer } = await import('@evenkeel/web/server');
  const dataDir = resolve(io.workingDir, data);
  const signal = io.interruption();
  const server = await startServer({ port, host, dataDir, resultsDir: resultsFolder(io) });
  printLines(io.stdout, [`Evenkeel is at ${server.url}`]);
  if (!signal.aborted) await once(signal, 'abort');
  await server.close();
  return 0;
}
