import { createServer, type ServerResponse } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { expect, it } from 'vitest';
import { gracefulClose } from '../server/close.js';

/** A server whose answers wait until the test gives them. */
async function startPatientServer(patience: number) {
  let heard: (response: ServerResponse) => void;
  const asked = new Promise<ServerResponse>((resolve) => {
    heard = resolve;
  });
  const server = createServer((_, response) => heard(response));
  const close = gracefulClose(server, patience);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}/`, port, asked, close };
}

it('lets an answer that is under way finish, and takes no new requests', async () => {
  const { url, asked, close } = await startPatientServer(10_000);
  const answer = fetch(url).then((response) => response.text());
  const response = await asked;
  const closed = close();
  await expect(fetch(url)).rejects.toThrow();
  response.end('whole');
  expect(await answer).toBe('whole');
  await closed;
});

it('does not wait for a connection on which nothing is asked', async () => {
  const { port, close } = await startPatientServer(60_000);
  const idle = connect(port, '127.0.0.1');
  await new Promise((resolve) => idle.once('connect', resolve));
  await close();
  idle.destroy();
}, 5_000);

it('cuts an answer off that does not end', async () => {
  const { url, asked, close } = await startPatientServer(100);
  const answer = expect(fetch(url)).rejects.toThrow();
  await asked;
  await close();
  await answer;
}, 5_000);
