import { expect, it } from 'vitest';
import { startMailServer } from './testing/mailServer.js';
import { addSubscribers, digestFeed, sender, thursday } from './testing/subscribers.js';

it('tells of no paper again because its arXiv id has become known', async () => {
  const { feed, db } = await digestFeed();
  const server = await startMailServer();
  await addSubscribers(db, ['ada@example.net']);
  await feed.digest.run(server.mailer(), sender, { now: () => thursday });
  const item = (id: string, title: string) => ({
    publishedAt: '2025-12-12T00:00:00.000Z',
    paper: { id, title },
  });
  const page = JSON.stringify([item('2512.00002', 'Paper Kites'), item('2512.00009', 'Paper Planes')]);
  await feed.importSavedPage(new TextEncoder().encode(page), { savedOn: '2025-12-12', name: 'daily.json' });
  expect((await feed.paper('kites'))?.id).toBe('2512.00002');
  await feed.digest.run(server.mailer(), sender, { now: () => thursday + 24 * 3_600_000 });
  const { text } = await server.received[1]!.parsed();
  expect(text).toContain('Paper Planes');
  expect(text).not.toContain('Paper Kites');
});
