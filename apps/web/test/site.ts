import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { openFeed } from '@evenkeel/feed';
import { buildResults, type Exhibit, encodePixels, type Results, type Run } from '@evenkeel/lab';
import { catalogueDay, findPaper, papers } from '@evenkeel/methods/papers';
import { type RunningServer, type ServerOptions, startServer } from '../server/index.js';

/** A paper whose words try to become something else. */
export const hostile = {
  title: 'Break </title><script>window.hacked = 1</script> **bold** $\\alpha$ <b>x</b>',
  /** As it is read. */
  readTitle: 'Break </title><script>window.hacked = 1</script> **bold** α <b>x</b>',
  abstract:
    'First <img src=x onerror="window.hacked = 2"> sentence with 90\\% of $\\sum_{i}^{n} x_i$ & more. </script><script>window.hacked = 3</script> [a link](javascript:window.hacked=4).',
  readAbstract:
    'First <img src=x onerror="window.hacked = 2"> sentence with 90% of ∑inxi & more. </script><script>window.hacked = 3</script> [a link](javascript:window.hacked=4).',
};

/** A saved page with two papers: a hostile one and a built-in one, which thereby gets an abstract. */
const savedPage = `Daily Papers

Dec 12

${hostile.title}

${hostile.abstract}

  • 12 authors
·
Dec 1

Grokking at the Edge of Numerical Stability

An abstract for the tests, about grokking without weight decay. It has two sentences.

  • 4 authors
·
Jan 8, 2025 2
`;

/** A paper with an old arXiv id, which has a slash. */
export const oldPaper = {
  slug: 'old-paper',
  title: 'A paper from before the new numbers',
  arxivId: 'math/0309136',
  date: '2003-09-08',
  authorCount: 1,
  family: 'vision',
  summary: 'It is here for the slash in its id.',
};

/** The same paper in the format of Hugging Face’s API, with an author and a tag. */
const oldPaperElsewhere = {
  id: oldPaper.arxivId,
  title: oldPaper.title,
  authors: [{ name: 'Ada Lovelace' }],
  ai_keywords: ['slashes'],
  submittedOnDailyAt: '2025-12-10T00:00:00.000Z',
};

export interface TestSite extends RunningServer {
  readonly folder: string;
}

/** A site on a free port with the built-in papers, two more, and recorded results for one. */
export async function startTestSite(options: Partial<ServerOptions> = {}): Promise<TestSite> {
  buildWhereMissing();
  const folder = await mkdtemp(join(tmpdir(), 'evenkeel-web-'));
  const dataDir = join(folder, 'data');
  const feed = await openFeed({ dataDir, searchModel: 'corpus' });
  await feed.addCatalogue([oldPaper], '2025-12-10');
  await feed.importSavedPage(new TextEncoder().encode(savedPage), {
    savedOn: '2025-12-12',
    name: 'page.txt',
  });
  await feed.importSavedPage(new TextEncoder().encode(JSON.stringify([oldPaperElsewhere])), {
    savedOn: '2025-12-10',
    name: 'papers.json',
  });
  // The built-in papers as the site takes them in, so that searches by meaning have been prepared when it starts.
  await feed.addCatalogue(papers, catalogueDay);
  await feed.updateSearch();
  await feed.close();
  await writeFile(join(folder, 'grokking-edge.json'), JSON.stringify(await madeUpResults()));
  await writeFile(join(folder, 'anyloss.json'), '{"format":1}');
  const server = await startServer({
    port: 0,
    dataDir,
    resultsDir: folder,
    searchModel: 'corpus',
    ...options,
  });
  return {
    folder,
    url: server.url,
    async close() {
      await server.close();
      await rm(folder, { recursive: true });
    },
  };
}

/** One exhibit of each kind; the words try to become markup. */
const exhibitsOf = (arm: string): Exhibit[] => [
  {
    kind: 'text',
    title: 'Generated "words" & more',
    text: `${arm} says </pre><script>window.hacked = 5</script>`,
  },
  {
    kind: 'image',
    title: 'Drawn pattern',
    width: 16,
    height: 12,
    channels: 3,
    pixels: encodePixels(Uint8Array.from({ length: 16 * 12 * 3 }, (_, i) => (i * 37) % 256)),
  },
  {
    kind: 'heat map',
    title: 'Load of the experts',
    rowAxis: 'expert',
    columnAxis: 'layer',
    values: Array.from({ length: 6 }, (_, row) =>
      Array.from({ length: 9 }, (_, column) => Math.sin(row) * Math.cos(column)),
    ),
  },
  {
    kind: 'lines',
    title: 'Loss by size',
    xAxis: 'parameters',
    yAxis: 'loss',
    lines: ['small <b>data</b>', 'large data'].map((label, i) => ({
      label,
      points: [1, 2, 4, 8].map((size) => [size, 1 / size + i / 4] as const),
    })),
  },
];

/** Tests run on what is built; a checkout without a build gets one. */
export function buildWhereMissing(): void {
  if (existsSync(fileURLToPath(new URL('../build/handler.js', import.meta.url)))) return;
  const script = fileURLToPath(new URL('../../../scripts/build.mjs', import.meta.url));
  const { status, stderr } = spawnSync(process.execPath, [script], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`startTestSite: the site could not be built: ${stderr}`);
}

/** Results of the grokking experiment as they would be recorded, with invented numbers: ⊥AdamW wins by 96 points. */
export async function madeUpResults(): Promise<Results> {
  const experiment = await findPaper('grokking-edge')!.experiment!();
  const runs = experiment.arms.flatMap((arm) =>
    experiment.seeds.map((seed): Run => {
      const testAccuracy = arm.name === 'adamw' ? 0.02 : 0.98 - 0.01 * seed;
      const other = Object.fromEntries(experiment.metrics.map(({ name }) => [name, 0.5]));
      const metrics = { ...other, testAccuracy, trainAccuracy: 1 };
      const exhibits = arm.role === 'ablation' ? {} : { exhibits: exhibitsOf(arm.label) };
      const early = { testAccuracy: 0.01 * seed, trainAccuracy: 0.1 };
      const curve = [
        { step: 1, metrics: early },
        { step: 250, metrics },
      ];
      return { arm: arm.name, seed, metrics, seconds: 4, curve, ...exhibits };
    }),
  );
  return buildResults(experiment, runs, {
    machine: { processor: 'Test processor', cores: 2, system: 'Test system' },
    versions: { node: '20.0.0' },
    finishedAt: '2025-12-12T10:00:00.000Z',
  });
}
