import { existsSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { catalogueDay, type Family, families, findPaper, type Paper, papers, registry } from './registry.js';

const expectedSlugs: Record<Family, readonly string[]> = {
  training: ['anyloss', 'weight-compander', 'adab2n', 'grokking-edge'],
  hyperparameters: ['maid', 'stn'],
  vision: ['softhgnn', 'eurosat-attention'],
  routing: ['alf-lb', 'global-batch-lbl', 'roma', 'sparse-ot'],
  pruning: ['ftwt', 'mask-sparsity', 'wgsef', 'armor'],
  quantization: ['eq-net', 'quantnas', 'quantllm', 'gg-priors'],
  finetuning: ['ba-lora', 'dr-tune', 'bang', 'long-tail-backdoor', 'adapt-then-unlearn'],
  multimodal: ['arl', 'mcr'],
  federated: ['fedtiny', 'ccvr'],
  distributed: ['flag-aggregator', 'hecate', 'bytescale'],
  scaling: ['infinite-compute', 'token-crisis', 'scaling-crossover'],
  recommendation: ['ssl-recs', 'ad-load'],
};

const slugsOf = (family: Family) =>
  papers.filter((paper) => paper.family === family).map((paper) => paper.slug);

const familyFolder = (family: Family) => fileURLToPath(new URL(`./${family}/`, import.meta.url));

/** Every text of the paper that a reader sees, with the place where it stands. */
function textsOf(paper: Paper): [string, string][] {
  const { title, summary, inOneMinute, published } = paper;
  const figures = published.flatMap((figure, index) => [
    [`published[${index}].setting`, figure.setting] as const,
    ...figure.values.flatMap(({ arm, value }) => [
      [`published[${index}].arm`, arm] as const,
      [`published[${index}].value`, value] as const,
    ]),
  ]);
  const texts = [...Object.entries({ title, summary, ...inOneMinute }), ...figures];
  return texts.map(([place, text]) => [`${paper.slug}: ${place}`, text]);
}

/** Months since year 0, of an arXiv id (`YYMM.number`) or of a date (`YYYY-MM-DD`). */
const monthOfId = (id: string) => (2000 + Number(id.slice(0, 2))) * 12 + Number(id.slice(2, 4));
const monthOfDate = (date: string) => Number(date.slice(0, 4)) * 12 + Number(date.slice(5, 7));

describe('registry', () => {
  it('holds 37 papers with unique slugs, titles and arXiv ids', () => {
    expect(papers).toHaveLength(37);
    for (const key of ['slug', 'title', 'arxivId'] as const) {
      const values = papers.map((paper) => paper[key]).filter((value) => value !== undefined);
      expect(new Set(values).size, key).toBe(values.length);
    }
  });

  it('lists every family in order, with its papers', () => {
    expect(registry.map((entry) => entry.paper.slug)).toEqual(
      families.flatMap((family) => expectedSlugs[family]),
    );
    for (const family of families) expect(slugsOf(family), family).toEqual(expectedSlugs[family]);
  });

  it('has an entry for every folder of a family, and a paper.ts in each', () => {
    for (const family of families) {
      const folders = readdirSync(familyFolder(family), { withFileTypes: true })
        .filter((item) => item.isDirectory())
        .map((item) => item.name);
      expect(folders.sort(), family).toEqual(slugsOf(family).sort());
      for (const slug of folders) {
        expect(existsSync(`${familyFolder(family)}${slug}/paper.ts`), `${family}/${slug}`).toBe(true);
      }
    }
  });

  it('finds an entry by slug, and nothing for an unknown one', () => {
    for (const entry of registry) expect(findPaper(entry.paper.slug)).toBe(entry);
    expect(findPaper('no-such-paper')).toBeUndefined();
    expect(findPaper('')).toBeUndefined();
  });
});

describe.each(papers.map((paper) => [paper.slug, paper] as const))('%s', (_slug, paper) => {
  it('was published on a real day, not after the day of the catalogue', () => {
    expect(new Date(`${paper.date}T00:00:00Z`).toISOString().slice(0, 10)).toBe(paper.date);
    expect(paper.date <= catalogueDay).toBe(true);
  });

  it('has an arXiv id, where it is known, of the month of its date or the next', () => {
    const id = paper.arxivId;
    if (id === undefined) return;
    expect(id).toMatch(/^\d{2}(0[1-9]|1[0-2])\.\d{5}$/);
    expect([0, 1]).toContain(monthOfId(id) - monthOfDate(paper.date));
  });

  it('names its repository by a plain GitHub address and counts its authors, where known', () => {
    if (paper.repository !== undefined) {
      expect(paper.repository).toMatch(/^https:\/\/github\.com\/[\w-]+\/[\w.-]+(?<!\.git)$/);
    }
    if (paper.authorCount !== undefined) {
      expect(Number.isInteger(paper.authorCount) && paper.authorCount > 0).toBe(true);
    }
  });

  it('is summed up in one sentence of at most 160 characters', () => {
    expect(paper.summary.length).toBeLessThanOrEqual(160);
    expect(paper.summary).toMatch(/^[^.!?]+\.$/);
  });

  it('tells each part of its minute in one to three full sentences', () => {
    for (const [part, text] of Object.entries(paper.inOneMinute)) {
      expect(text, part).toMatch(/\.$/);
      expect(text.split(/(?<=\.) /).length, part).toBeLessThanOrEqual(3);
    }
  });

  it('has no empty or untidy text and at most three published figures', () => {
    for (const [place, text] of textsOf(paper)) {
      expect(text, place).not.toBe('');
      expect(text, place).toBe(text.trim().replace(/\s+/g, ' '));
      expect(text, place).not.toMatch(/!|TODO/);
    }
    expect(paper.published.length).toBeLessThanOrEqual(3);
    for (const figure of paper.published) expect(figure.values, figure.setting).not.toHaveLength(0);
  });
});
