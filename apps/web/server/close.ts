import type { Server } from 'node:http';

/**
 * Makes a server's close wait for the answers that are under way and for nothing else: browsers keep connections open on
 * which they ask nothing.
 * @param patience milliseconds after which unfinished answers are cut off
 */
export function gracefulClose(server: Server, patience: number): () => Promise<void> {
  let answering = 0;
  let closing = false;
  const closeIfDone = () => {
    if (closing && answering === 0) server.closeAllConnections();
  };
  server.on('request', (_, response) => {
    answering++;
    response.once('close', () => {
      answering--;
      closeIfDone();
    });
  });
  return async () => {
    closing = true;
    const cutOff = setTimeout(() => server.closeAllConnections(), patience);
    await new Promise<void>((resolve) => {
      server.close(() => resolve());
      closeIfDone();
    });
    clearTimeout(cutOff);
  };
}
