import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type MailServer, startMailServer } from './mailServer.js';
import { hostile, startTestSite, type TestSite } from './site.js';
import { Visitor } from './visitor.js';

/** The command `hf` of the real huggingface_hub; named by whoever runs the tests. */
const command = process.env.EVENKEEL_HF;
if (!command)
  console.warn(
    'huggingface_hub is not tried: EVENKEEL_HF names no `hf` command (pip install huggingface_hub).',
  );

const run = promisify(execFile);

describe.skipIf(!command)('the client of Hugging Face, pointed here', () => {
  let site: TestSite;
  let home: string;
  let mail: MailServer;
  beforeAll(async () => {
    mail = await startMailServer();
    site = await startTestSite({ mail: { smtpUrl: mail.url, address: 'papers@example.org' } });
    home = await mkdtemp(join(tmpdir(), 'evenkeel-hf-'));
  }, 180_000);
  afterAll(async () => {
    await site?.close();
    await mail?.close();
    await rm(home, { recursive: true, force: true });
  });

  const environment = () => ({
    ...process.env,
    HF_ENDPOINT: site.url,
    HF_HOME: home,
    HF_HUB_DISABLE_TELEMETRY: '1',
    NO_COLOR: '1',
  });
  const hf = async (...parameters: string[]) =>
    (await run(command!, ['papers', ...parameters], { env: environment() })).stdout;
  const listed = async (...parameters: string[]) =>
    JSON.parse(await hf('ls', ...parameters, '--format', 'json')) as Record<string, unknown>[];

  it('lists a day', async () => {
    const papers = await listed('--date', '2025-12-12');
    expect(papers.map(({ title }) => title)).toEqual([
      hostile.title,
      'Grokking at the Edge of Numerical Stability',
    ]);
    expect(papers[1]).toMatchObject({ id: '2501.04697', upvotes: 0, comments: 2 });
    expect(JSON.stringify(papers[1])).toContain('Evenkeel');
  });

  it('lists a week, a month and what trends', async () => {
    expect(await listed('--week', '2025-W50')).toHaveLength(39);
    expect(await listed('--month', '2025-12', '--limit', '100')).toHaveLength(39);
    expect(await listed('--sort', 'trending', '--limit', '5')).toHaveLength(5);
    expect(await listed('--submitter', 'nobody')).toEqual([]);
  });

  it('searches', async () => {
    const found = JSON.parse(await hf('search', 'grokking', '--format', 'json')) as { id: string }[];
    expect(found[0]?.id).toBe('2501.04697');
  });

  it('informs about a paper', async () => {
    const paper = JSON.parse(await hf('info', '2501.04697', '--format', 'json')) as Record<string, unknown>;
    expect(paper).toMatchObject({ id: '2501.04697', title: 'Grokking at the Edge of Numerical Stability' });
    await expect(hf('info', '9999.99999')).rejects.toThrow(/not found/i);
  });

  it('reads a paper', async () => {
    const text = await hf('read', '2501.04697');
    expect(text).toContain('# Grokking at the Edge of Numerical Stability');
    expect(text).toContain('Verdict: **partly**');
  });

  it('knows whose token it has, and that a wrong one is nobody’s', async () => {
    const visitor = new Visitor(site.url);
    await visitor.signIn('ada@example.org', mail);
    await visitor.post('/account?/profile', { name: 'ada-l', fullName: '', about: '', orcid: '' });
    const page = await (await visitor.post('/account?/createToken', { label: 'hf' })).text();
    const token = /ek_[\w-]{43}/.exec(page)![0];
    const whoami = (HF_TOKEN: string) =>
      run(command!, ['auth', 'whoami'], { env: { ...environment(), HF_TOKEN } });
    expect((await whoami(token)).stdout).toContain('ada-l');
    await expect(whoami(`${token}x`)).rejects.toThrow(/token/i);
    const daily = await run(command!, ['papers', 'ls', '--date', '2025-12-12'], {
      env: { ...environment(), HF_TOKEN: token },
    });
    expect(daily.stdout).toContain('2501.04697');
  });

  it('gives Python what its classes read', async () => {
    const program = `
from huggingface_hub import HfApi
api = HfApi()
paper = next(iter(api.list_daily_papers(date="2025-12-12", limit=2)))
first = api.paper_info("2501.04697")
print(paper.submitted_by.fullname, paper.comments, paper.upvotes, paper.submitted_at.isoformat())
print(first.id, first.published_at.isoformat(), first.github_repo, first.upvotes)
print(len(list(api.list_papers(query="grokking"))))
`;
    const python = join(command!, '..', 'python');
    const { stdout } = await run(python, ['-c', program], { env: environment() });
    const [daily, one, count] = stdout.trim().split('\n');
    expect(daily).toMatch(/^Evenkeel 0 0 2025-12-12T00:00:00/);
    expect(one).toMatch(/^2501\.04697 2025-01-08T00:00:00\S* https:\/\/github\.com\/\S+ 0$/);
    expect(Number(count)).toBeGreaterThan(0);
  });
});
