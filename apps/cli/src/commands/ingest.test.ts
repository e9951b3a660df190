import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { openFeed } from '@evenkeel/feed';
import { describe, expect, it, onTestFinished } from 'vitest';
import { call, temporaryFolder } from '../testing/call.js';

const program = fileURLToPath(new URL('../../bin/evenkeel.js', import.meta.url));

const entry = (number: number): string =>
  `<entry><id>http://arxiv.org/abs/2512.${String(number).padStart(5, '0')}v1</id><title>Boat ${number}</title><published>2025-12-01T00:00:00Z</published></entry>`;

/** A server in the place of arXiv's that has `total` papers; `held` answers are kept back. */
async function arxiv(total: number) {
  const held: ServerResponse[] = [];
  const state = { hold: false };
  const server = createServer((request, response) => {
    const { searchParams, pathname } = new URL(request.url ?? '/', 'http://localhost');
    if (pathname === '/rss/cs.LG+stat.ML') {
      const item = `<item><description>arXiv:2512.00000v1 Announce Type: new</description></item>`;
      response.end(`<rss version="2.0"><channel>${item}</channel></rss>`);
      return;
    }
    const start = Number(searchParams.get('start'));
    if (state.hold && start > 0) {
      held.push(response);
      return;
    }
    const count = Math.min(Number(searchParams.get('max_results')), total - start);
    const entries = Array.from({ length: count }, (_, i) => entry(start + i)).join('');
    response.end(
      `<feed xmlns="http://www.w3.org/2005/Atom"><t:totalResults xmlns:t="http://a9.com/-/spec/opensearch/1.1/">${total}</t:totalResults>${entries}</feed>`,
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const environment = {
    EVENKEEL_ARXIV_QUERY: `${address}/query`,
    EVENKEEL_ARXIV_RSS: `${address}/rss/`,
  };
  return { environment, held, state };
}

describe('feed ingest', () => {
  it('takes papers in and tells how far it is', async () => {
    const { environment } = await arxiv(7);
    const { exitCode, stdout, stderr } = await call(['feed', 'ingest', '--query', 'cat:cs.LG'], {
      environment,
    });
    expect([exitCode, stdout]).toEqual([0, '7 added, 0 updated, 0 unchanged\n']);
    expect(stderr).toMatch(/^arXiv search: 7 of 7: 7 added, 0 updated, 0 unchanged; [\d.]+ a second\n$/);
  });

  it('tells how long the rest takes, and asks for a list once a day', async () => {
    const { environment } = await arxiv(450);
    const parameters = ['feed', 'ingest', '--query', 'cat:cs.LG', '--limit', '201'];
    const first = await call(parameters, { environment });
    expect(first.stderr).toMatch(/^arXiv search: 200 of 201: 200 added, .* a second, about 1 s left\n/);
    const again = await call(parameters, { environment, workingDir: first.workingDir });
    expect(again.stdout).toBe('taken in today already; arXiv’s lists change once a day\n');
  });

  it('takes in what the RSS of categories announces, and papers by their ids', async () => {
    const { environment } = await arxiv(1);
    const announced = await call(['feed', 'ingest', '--source', 'rss', '--set', 'cs.LG,stat.ML'], {
      environment,
    });
    expect(announced.stdout).toBe('1 added, 0 updated, 0 unchanged\n');
    expect(announced.stderr).toMatch(/^arXiv RSS: 0 of 1: .*\narXiv RSS: 1 of 1: 1 added/);
    const byId = await call(['feed', 'ingest', '--ids', '2512.00000,2512.00009'], { environment });
    expect(byId.stdout).toBe('1 added, 0 updated, 0 unchanged; 1 could not be read\n');
    expect(byId.stderr).toContain('entry 2: 2512.00009: arXiv has no such paper');
  });

  it('goes on after kill -9 with nothing lost or doubled', async () => {
    const { environment, held, state } = await arxiv(450);
    const cwd = await temporaryFolder();
    state.hold = true;
    const parameters = [program, 'feed', 'ingest', '--query', 'cat:cs.LG'];
    const child = spawn(process.execPath, parameters, { cwd, env: { ...process.env, ...environment } });
    await expect.poll(() => held.length, { timeout: 60_000 }).toBe(1);
    child.kill('SIGKILL');
    await once(child, 'exit');
    state.hold = false;
    // The turn of the killed process ends by itself after two minutes, which pass quickly here.
    const feed = await openFeed({ dataDir: `${cwd}/data` });
    let time = Date.now();
    const wait = async (milliseconds: number) => {
      time += milliseconds;
    };
    const clock = { now: () => time, wait };
    const report = await feed.ingest(
      { kind: 'query', query: 'cat:cs.LG' },
      { clock, addresses: { query: environment.EVENKEEL_ARXIV_QUERY } },
    );
    expect(report).toMatchObject({ added: 250, unchanged: 0, resumed: true });
    expect((await feed.list({ limit: 1 })).total).toBe(450);
    await feed.close();
  });

  it.each([
    [[], '--query: got nothing'],
    [['--source', 'oai'], '--set: got nothing'],
    [['--source', 'rss'], '--set: got nothing'],
    [['--ids', 'boats'], 'expected an arXiv id'],
    [['--source', 'mail', '--query', 'x'], '--source: got "mail", expected arxiv, rss or oai'],
    [['--query', 'naïve'], 'expected ASCII'],
    [['--query', 'x', '--limit', '0'], '--limit: got "0"'],
  ])('refuses %j', async (parameters, message) => {
    const { exitCode, stderr } = await call(['feed', 'ingest', ...parameters]);
    expect(exitCode).toBe(2);
    expect(stderr).toContain(message);
  });
});

describe('feed submit', () => {
  it('lists one paper, and refuses an old one', async () => {
    const { environment } = await arxiv(1);
    const listed = await call(['feed', 'submit', '2512.00000', '--day', '2025-12-05'], { environment });
    expect(listed).toMatchObject({ exitCode: 0, stdout: '2512.00000 is listed\n' });
    const film = ['--media', 'http://example.org/film.mp4'];
    const open = await call(['feed', 'submit', '2512.00000', '--day', '2025-12-05', ...film], {
      environment,
    });
    expect(open).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('begins https://') });
    const old = await call(['feed', 'submit', '2512.00000', '--day', '2026-06-01'], { environment });
    expect(old).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('at most 14 days before') });
  });
});
