// Writes the table of papers in the README from the registry and the recorded results.
// With --check it writes nothing and fails when the table is not up to date.
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { parseResults } from '@evenkeel/lab';
import { families, registry } from '@evenkeel/methods/papers';

const root = new URL('../', import.meta.url);
const readme = new URL('README.md', root);
const [start, end] = ['<!-- papers -->', '<!-- /papers -->'];

const marks = { reproduced: '● reproduced', partly: '◐ partly', 'not reproduced': '○ not reproduced' };

function stateOf({ paper, experiment }) {
  const file = new URL(`results/${paper.slug}.json`, root);
  if (existsSync(file)) return marks[parseResults(readFileSync(file, 'utf8')).verdict];
  return experiment ? '▷ runs, no verdict yet' : 'described';
}

function row(entry) {
  const { slug, title, arxivId } = entry.paper;
  const link = arxivId ? `[${title}](https://arxiv.org/abs/${arxivId})` : title;
  return `| ${link} | \`${slug}\` | ${stateOf(entry)} |`;
}

const table = families
  .map((family) => {
    const rows = registry.filter(({ paper }) => paper.family === family).map(row);
    return [`| **${family}** | | |`, ...rows].join('\n');
  })
  .join('\n');
const section = `${start}\n| paper | name | state |\n| --- | --- | --- |\n${table}\n${end}`;

const text = readFileSync(readme, 'utf8');
const [from, to] = [text.indexOf(start), text.indexOf(end)];
if (from < 0 || to < from) throw new Error(`README.md: expected the markers ${start} and ${end}`);
const updated = text.slice(0, from) + section + text.slice(to + end.length);

if (updated !== text && process.argv.includes('--check')) {
  console.error('README.md: the table of papers is out of date; run `npm run readme`');
  process.exitCode = 1;
} else if (updated !== text) {
  const temporary = new URL('README.md.tmp', root);
  writeFileSync(temporary, updated);
  renameSync(temporary, readme);
}
