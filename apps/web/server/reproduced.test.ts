import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { papers } from '@evenkeel/methods/papers';
import { expect, it, onTestFinished } from 'vitest';
import { closeSite, openSite } from './site.js';

const resultsDir = fileURLToPath(new URL('../../../results', import.meta.url));

it('lets papers that were reproduced here trend by it, once, however often the site starts', async () => {
  const dataDir = await mkdtemp(join(tmpdir(), 'evenkeel-site-'));
  onTestFinished(() => rm(dataDir, { recursive: true, force: true }));
  let reproduced = 0;
  for (let start = 0; start < 2; start++) {
    const site = await openSite({ dataDir, resultsDir, searchModel: 'none' });
    for (const { slug } of papers) {
      const recorded = await site.results.of(slug);
      const { terms } = await site.feed.trend((await site.feed.paper(slug))!.id);
      const expected = recorded?.verdict === 'reproduced' ? [{ kind: 'reproduced', events: 1 }] : [];
      expect(terms, slug).toMatchObject(expected);
      expect(terms).toHaveLength(expected.length);
      reproduced += expected.length;
    }
    await closeSite(site);
  }
  expect(reproduced).toBeGreaterThan(0);
}, 60_000);
