// Writes the tables of papers in the README from the registry and the recorded results.
// With --check it writes nothing and fails when the tables are not up to date.
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { formatMean, formatMetric, formatSigned, mainComparison, parseResults } from '@evenkeel/lab';
import { families, registry } from '@evenkeel/methods/papers';

const root = new URL('../', import.meta.url);
const readme = new URL('README.md', root);
const [start, end] = ['<!-- papers -->', '<!-- /papers -->'];

const marks = { reproduced: '● reproduced', partly: '◐ partly', 'not reproduced': '○ not reproduced' };

const line = (cells) => `| ${cells.join(' | ')} |`;

/** A table with a head; its rows are lines already. */
const table = (columns, rows) => [line(columns), line(columns.map(() => '---')), ...rows].join('\n');

/** Words of a results file, as words in a table. */
const cell = (text) => text.replace(/[\\|<>*_`[\]]/g, '\\$&').replace(/\s+/g, ' ');

function resultsOf({ slug }) {
  const file = new URL(`results/${slug}.json`, root);
  return existsSync(file) ? parseResults(readFileSync(file, 'utf8')) : undefined;
}

const nameOf = ({ title, arxivId }) => (arxivId ? `[${title}](https://arxiv.org/abs/${arxivId})` : title);

function paperRow({ paper, experiment }) {
  const results = resultsOf(paper);
  const state = results ? marks[results.verdict] : experiment ? '▷ runs, no verdict yet' : 'described';
  return line([nameOf(paper), `\`${paper.slug}\``, state]);
}

/** What recorded results compare first, and how sure the difference is. */
function findingRow({ paper }) {
  const results = resultsOf(paper);
  const comparison = results && mainComparison(results);
  if (!comparison) return [];
  const { statement, metric, baseline, method, difference, differences } = comparison;
  const side = ({ label, summary }) => `${label}: ${formatMetric(summary.mean, metric)}`;
  const sure = formatMean(difference, differences.length, (value) => formatSigned(value, metric));
  const measured = [side(baseline), side(method), `${metric.label} ${sure}`];
  return line([nameOf(paper), ...[statement, marks[results.verdict], ...measured].map(cell)]);
}

const familyRows = families.flatMap((family) => [
  `| **${family}** | | |`,
  ...registry.filter(({ paper }) => paper.family === family).map(paperRow),
]);
const section = [
  start,
  table(['paper', 'claim', 'verdict', 'baseline', 'method', 'difference'], registry.flatMap(findingRow)),
  '',
  table(['paper', 'name', 'state'], familyRows),
  end,
].join('\n');

const text = readFileSync(readme, 'utf8');
const [from, to] = [text.indexOf(start), text.indexOf(end)];
if (from < 0 || to < from) throw new Error(`README.md: expected the markers ${start} and ${end}`);
const updated = text.slice(0, from) + section + text.slice(to + end.length);

if (updated !== text && process.argv.includes('--check')) {
  console.error('README.md: the tables of papers are out of date; run `npm run readme`');
  process.exitCode = 1;
} else if (updated !== text) {
  const temporary = new URL('README.md.tmp', root);
  writeFileSync(temporary, updated);
  renameSync(temporary, readme);
}
