import { once } from 'node:events';
import { feedLocation } from '../feedLocation.js';
import { type Io, printLines } from '../io.js';
import { mailFrom } from '../mail.js';
import { resultsFolder } from '../recorded.js';
import { serverSettings } from '../settings.js';

export interface ServeOptions {
  readonly port: number;
  readonly host: string;
  readonly data: string;
}

/** Serves the site until it is told to stop. */
export async function serve(io: Io, { port, host, data }: ServeOptions): Promise<number> {
  // Loaded here, because the other commands need no server.
  const { startServer } = await import('@evenkeel/web/server');
  const signal = io.interruption();
  const server = await startServer({
    port,
    host,
    ...feedLocation(io, data),
    resultsDir: resultsFolder(io),
    ...serverSettings(io.environment),
    mail: await mailFrom(io),
  });
  printLines(io.stdout, [`Evenkeel is at ${server.url}`]);
  if (!signal.aborted) await once(signal, 'abort');
  await server.close();
  return 0;
}
