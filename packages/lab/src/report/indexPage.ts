import { mainComparison } from '../comparison.js';
import { formatMean, formatMetric, formatSigned } from '../format.js';
import type { Results } from '../results.js';
import { verdictBadge } from './claims.js';
import { type Html, html } from './html.js';
import { momentText, page } from './page.js';

/** A report page and where it lies. */
export interface ReportEntry {
  /** Relative to the index, such as `anyloss.html`. */
  readonly file: string;
  readonly title: string;
  readonly results: Results;
}

/** A page that leads to report pages, with the verdict and the main comparison of each. It is made as they are. */
export function indexPage(entries: readonly ReportEntry[]): string {
  const count = (verdict: Results['verdict']) =>
    entries.filter(({ results }) => results.verdict === verdict).length;
  return page('Verdicts – Evenkeel', [
    html`<header><h1>Verdicts</h1><p class="result">${verdictBadge('reproduced')}: ${count('reproduced')}, ${verdictBadge('partly')}: ${count('partly')}, ${verdictBadge('not reproduced')}: ${count('not reproduced')}</p></header>
<main><div class="scroll"><table>
<thead><tr><th scope="col">Paper</th><th scope="col">Verdict</th><th scope="col">Claim</th><th scope="col">Baseline</th><th scope="col">Method</th><th scope="col">Difference</th><th scope="col">Finished</th></tr></thead>
<tbody>${entries.map(entryRow)}</tbody></table></div></main>`,
  ]);
}

function entryRow({ file, title, results }: ReportEntry): Html {
  const comparison = mainComparison(results);
  const first = html`<th scope="row"><a href="./${file}">${title}</a></th><td>${verdictBadge(results.verdict)}</td>`;
  const last = html`<td>${momentText(results.finishedAt)}</td>`;
  if (!comparison) return html`<tr>${first}<td class="text">–</td><td>–</td><td>–</td><td>–</td>${last}</tr>`;
  const { statement, metric, baseline, method, difference, differences } = comparison;
  const signed = (value: number) => formatSigned(value, metric);
  return html`<tr>${first}<td class="text">${statement}</td>
<td class="text">${baseline.label} ${formatMetric(baseline.summary.mean, metric)}</td>
<td class="text">${method.label} ${formatMetric(method.summary.mean, metric)}</td>
<td class="text">${formatMean(difference, differences.length, signed)}</td>${last}</tr>`;
}
