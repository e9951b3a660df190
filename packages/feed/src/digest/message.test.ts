import { createPublicKey, createVerify, generateKeyPairSync } from 'node:crypto';
import type { Kysely } from 'kysely';
import { beforeEach, describe, expect, it } from 'vitest';
import type { Database } from '../database/schema.js';
import type { Feed } from '../types.js';
import { noTopics } from './choices.js';
import { type MailServer, startMailServer } from './testing/mailServer.js';
import { addSubscribers, digestFeed, sender, thursday } from './testing/subscribers.js';
import type { Choices, Sender } from './types.js';

let feed: Feed;
let db: Kysely<Database>;
let server: MailServer;

beforeEach(async () => {
  ({ feed, db } = await digestFeed());
  server = await startMailServer();
});

/** Sends one issue and gives it as it came. */
async function issueFor(choices: Partial<Choices> = {}, from: Sender = sender, mailer = server.mailer()) {
  await addSubscribers(db, ['ada@example.net'], choices);
  await feed.digest.run(mailer, from, { now: () => thursday });
  const [message] = server.received;
  return {
    ...message!,
    mail: await message!.parsed(),
    head: message!.raw.split('\r\n\r\n')[0]!.split('\r\n'),
  };
}

const headerOf = (head: readonly string[], name: string) =>
  head.filter((line) => line.toLowerCase().startsWith(`${name.toLowerCase()}: `));

describe('the headers of an issue', () => {
  it('let mail programs unsubscribe, on one line each', async () => {
    const { head } = await issueFor();
    const [link, ...others] = headerOf(head, 'List-Unsubscribe');
    expect(others).toEqual([]);
    expect(link).toMatch(
      /^List-Unsubscribe: <https:\/\/papers\.example\.org\/u\/[0-9a-f]{48}>, <mailto:unsubscribe\+[0-9a-f]{48}@example\.org\?subject=unsubscribe>$/,
    );
    expect(headerOf(head, 'List-Unsubscribe-Post')).toEqual([
      'List-Unsubscribe-Post: List-Unsubscribe=One-Click',
    ]);
    const token = /\/u\/([0-9a-f]{48})/.exec(link!)![1]!;
    expect(await feed.digest.unsubscribe(token)).toBe(true);
    expect(await db.selectFrom('subscriber').selectAll().execute()).toEqual([]);
  });

  it('say what kind of mail it is, and from whom', async () => {
    const { head, from, mail } = await issueFor();
    expect(headerOf(head, 'List-Id')).toEqual([
      expect.stringMatching(/^List-Id: "Test papers" <digest\.example\.org>$/i),
    ]);
    expect(headerOf(head, 'Auto-Submitted')).toEqual(['Auto-Submitted: auto-generated']);
    expect(headerOf(head, 'Precedence')).toEqual(['Precedence: bulk']);
    expect(headerOf(head, 'Message-ID')[0]).toMatch(
      /^Message-ID: <digest\.2025-12-11\.[0-9a-f]{16}@example\.org>$/,
    );
    expect(from).toMatch(/^bounce\+[0-9a-f]{48}@example\.org$/);
    expect(mail.from?.text).toBe('"Papers" <papers@example.org>');
    expect(mail.subject).toBe('Daily papers, 11 December 2025: Paper Boats and 2 more');
  });

  it('are signed, both of one-click with them, with a signature that holds', async () => {
    const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const key = privateKey.export({ type: 'pkcs8', format: 'pem' }) as string;
    const dkim = { domainName: 'example.org', keySelector: 'papers', privateKey: key };
    const { raw } = await issueFor({}, sender, server.mailer({ dkim }));
    const head = raw
      .split('\r\n\r\n')[0]!
      .replace(/\r\n[ \t]+/g, ' ')
      .split('\r\n');
    const signature = headerOf(head, 'DKIM-Signature')[0]!;
    const field = (name: string) =>
      new RegExp(`[ ;]${name}=([^;]+)`).exec(signature)![1]!.replaceAll(' ', '');
    expect(field('d')).toBe('example.org');
    expect(field('s')).toBe('papers');
    const signed = field('h').toLowerCase().split(':');
    expect(signed).toEqual(
      expect.arrayContaining(['list-unsubscribe', 'list-unsubscribe-post', 'from', 'subject']),
    );
    const relaxed = (line: string) => {
      const [, name, value] = /^([^:]+):(.*)$/s.exec(line)!;
      return `${name!.toLowerCase().trim()}:${value!.replace(/\s+/g, ' ').trim()}`;
    };
    const lines = signed.flatMap((name) => headerOf(head, name).slice(0, 1).map(relaxed));
    const own = relaxed(signature).replace(/([ ;]b=)[^;]*$/, '$1');
    const verifier = createVerify('RSA-SHA256').update([...lines, own].join('\r\n'));
    const published = publicKey.export({ type: 'spki', format: 'der' });
    const verified = verifier.verify(
      createPublicKey({ key: published, type: 'spki', format: 'der' }),
      field('b'),
      'base64',
    );
    expect(verified).toBe(true);
  });

  it('cannot be added to by titles, topics, names or searches', async () => {
    await feed.addCatalogue(
      [
        {
          slug: 'evil',
          title: 'Evil\r\nBcc: bob@example.org\r\n\r\nBody',
          date: '2025-12-11',
          family: 'evil\r\nX-Evil: 1',
          summary: 'Evil\r\n.\r\nMAIL FROM:<x@example.org>',
        },
      ],
      '2025-12-11',
    );
    const topics = {
      ...noTopics,
      families: ['evil\r\nX-Evil: 1'],
      authors: ['evil\r\nX-Evil: 4'],
      searches: ['evil\r\nX-Evil: 2'],
    };
    const from = { ...sender, name: 'Evil\r\nX-Evil: 3', controller: 'x\r\n.\r\nQUIT' };
    const { mail, head } = await issueFor({ topics }, from);
    expect(server.received).toHaveLength(1);
    expect(mail.subject).toContain('Evil Bcc: bob@example.org Body');
    expect(head.some((line) => /^(bcc|x-evil):/i.test(line))).toBe(false);
    expect(server.received[0]!.to).toBe('ada@example.net');
  });
});

describe('the text of an issue', () => {
  it('comes first as plain text, then as HTML, with the same links', async () => {
    const { mail, raw } = await issueFor();
    expect(raw.indexOf('Content-Type: text/plain')).toBeGreaterThan(0);
    expect(raw.indexOf('Content-Type: text/html')).toBeGreaterThan(raw.indexOf('Content-Type: text/plain'));
    const links = (text: string) => [...new Set(text.match(/https:\/\/[^\s"<>]+/g))].sort();
    expect(links(mail.text!)).toEqual(links(mail.html as string));
    expect(mail.text).toContain('https://papers.example.org/papers/2512.00001\n');
    expect(mail.text).toContain('arXiv: https://arxiv.org/abs/2512.00001');
    expect(mail.text).toContain('Test Ltd, 1 Test Street');
    expect(mail.attachments).toEqual([]);
  });

  it('has nothing from elsewhere, and no markup of a paper', async () => {
    const script = '<script>alert(1)</script>';
    await feed.importSavedPage(
      Buffer.from(
        JSON.stringify([
          {
            title: `Sly ${script} <img src=http://x.example/p.gif>`,
            publishedAt: '2025-12-11T00:00:00.000Z',
            paper: {
              id: '2512.00009',
              title: `Sly ${script} <img src=http://x.example/p.gif>`,
              summary: `One ${script}. "Two" & <b>three</b>. Four is left out.`,
              authors: [{ name: `Eve ${script}` }],
              publishedAt: '2025-12-11T00:00:00.000Z',
              upvotes: 3,
              githubRepo: 'javascript:alert(1)',
              projectPage: 'https://sly.example/"onclick="x',
            },
          },
        ]),
      ),
      { savedOn: '2025-12-11', name: 'daily.json' },
    );
    const { mail } = await issueFor();
    const html = mail.html as string;
    expect(mail.text).toContain(`Sly ${script}`);
    expect(html).toContain('Sly &lt;script&gt;');
    expect(html).not.toMatch(/<(script|img|link|iframe|form)\b/i);
    expect(html).not.toMatch(/javascript:/i);
    expect(html).not.toMatch(/"onclick="/i);
    expect(html).not.toContain('Four is left out');
    expect(html).toContain('“Two”'.replace(/[“”]/g, '&quot;'));
  });

  it('stays below 100 KB, whatever papers bring', async () => {
    const long = '<"&\'>'.repeat(4000);
    await feed.addCatalogue(
      Array.from({ length: 40 }, (_, i) => ({
        slug: `long-${i}`,
        title: `Long ${i} ${long}`,
        date: '2025-12-11',
        family: 'vision',
        summary: `word${i} ${long}`,
        repository: `https://example.org/${'x'.repeat(5000)}`,
      })),
      '2025-12-11',
    );
    const searches = [1, 2, 3, 4, 5].map((i) => `word${i} ${'<'.repeat(230)}`);
    const { mail } = await issueFor({ topics: { ...noTopics, families: ['vision'], searches } });
    expect(Buffer.byteLength(mail.html as string)).toBeLessThan(100_000);
    expect(mail.text).toContain('more on the site');
    expect(mail.subject!.length).toBeLessThan(200);
  });

  it('says why each paper is there, what the app knows of it, and who wrote it', async () => {
    await feed.recordTrend('2512.00001', { id: 'e1', kind: 'upvote', weight: 4, at: thursday });
    const remarkOf: Sender['remarkOf'] = async ({ slug }) =>
      slug === 'kites' ? 'Runs here: accuracy +1.2 over baseline' : undefined;
    const topics = { ...noTopics, families: ['routing'], searches: ['boats'] };
    const { mail } = await issueFor({ topics }, { ...sender, remarkOf });
    expect(mail.text).toContain(
      'Paper Kites\nYou follow “routing”\nRuns here: accuracy +1.2 over baseline\nAbout kites.',
    );
    expect(mail.text).toContain(
      'New for your search “boats”: https://papers.example.org/search?q=boats\n\nPaper Boats',
    );
    expect(mail.html).toContain('<strong>Runs here: accuracy +1.2 over baseline</strong>');
  });

  it('puts first what trends, with its score', async () => {
    const { id } = (await feed.paper('cranes'))!;
    await feed.recordTrend(id, { id: 'e1', kind: 'upvote', weight: 4, at: thursday });
    const { mail } = await issueFor();
    expect(mail.subject).toContain('Paper Cranes');
    expect(mail.text).toContain('Paper Cranes\nTrending with a score of 4.0');
    expect(mail.text).toContain('Paper Boats\nOn the list of 11 December 2025');
  });

  it('has papers of authors who are followed, and says so', async () => {
    await feed.importSavedPage(
      Buffer.from(
        JSON.stringify([
          {
            paper: {
              id: '2512.00009',
              title: 'Engines',
              authors: [{ name: 'Ada  Lovelace' }, { name: 'B. C.' }],
            },
          },
        ]),
      ),
      { savedOn: '2025-12-11', name: 'daily.json' },
    );
    const { mail } = await issueFor({ topics: { ...noTopics, authors: ['ada lovelace'] } });
    expect(mail.text).toContain('Engines\nYou follow “Ada Lovelace”');
    expect(mail.text).not.toContain('Paper Kites');
  });

  it.each([true, false])(
    'brings what trends beside the new papers where that is wished: %s',
    async (trending) => {
      await feed.addCatalogue(
        [{ slug: 'old', title: 'Old and Loved', date: '2024-01-01', family: 'vision', summary: 'Old.' }],
        '2024-01-02',
      );
      const { id } = (await feed.paper('old'))!;
      await feed.recordTrend(id, { id: 'e1', kind: 'upvote', weight: 4, at: thursday });
      const { mail } = await issueFor({ trending });
      expect(mail.text).toContain('Paper Boats');
      expect(mail.text!.includes('Old and Loved\nTrending with a score of 4.0')).toBe(trending);
    },
  );

  it('finds the new among very many older hits of a search', async () => {
    const older = Array.from({ length: 130 }, (_, i) => ({
      slug: `gull-${i}`,
      title: `Gull gull gull ${i}`,
      date: '2020-01-01',
      family: 'vision',
      summary: 'Gull.',
    }));
    await feed.addCatalogue(older, '2020-01-02');
    await feed.addCatalogue(
      [{ slug: 'new', title: 'Birds', date: '2025-12-10', family: 'vision', summary: 'Among them a gull.' }],
      '2025-12-11',
    );
    const { mail } = await issueFor({ topics: { ...noTopics, searches: ['gull'] } });
    expect(mail.text).toContain('New for your search “gull”');
    expect(mail.text).toContain('Birds');
    expect(mail.text).not.toContain('Gull gull');
  });
});

describe('a preview', () => {
  it('is the last day with papers for some topics, and nobody’s link', async () => {
    const { subject, html, text } = await feed.digest.preview(
      { topics: { ...noTopics, families: ['vision'] }, trending: true },
      sender,
    );
    expect(subject).toBe('Daily papers, 11 December 2025: Paper Boats');
    expect(html).toContain('Paper Boats');
    expect(html).not.toContain('Paper Kites');
    expect(text).toContain('Unsubscribe: https://papers.example.org/subscribe');
  });
});
