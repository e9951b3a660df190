import { capitalized, formatInterval, formatMetric } from '../format.js';
import type { Results } from '../results.js';
import { shownMetrics } from '../shownMetrics.js';
import { barsSection } from './bars.js';
import { claimsSection, verdictBadge, verdictText } from './claims.js';
import { curvesSection } from './curves.js';
import { exhibitsSection } from './exhibits.js';
import type { ReportFacts } from './facts.js';
import { type Html, html } from './html.js';
import { counted } from './numbers.js';
import { momentText, outsideLink, page } from './page.js';

/**
 * A page about recorded results: question, verdict, claims with how sure they are, final values, learning curves, the
 * published figures beside ours, exhibits, and how it was made. It stands in one text of HTML that asks for nothing from
 * outside, runs no script, follows the light or dark of the system and can be printed. All text is escaped.
 */
export function reportPage(results: Results, facts: ReportFacts): string {
  return page(
    `${facts.title} – Evenkeel`,
    html`${head(results, facts)}
<main>${[
      claimsSection(results),
      barsSection(results),
      curvesSection(results),
      publishedSection(results, facts),
      exhibitsSection(results),
      makingSection(results),
    ]}</main>`,
  );
}

function head(results: Results, { title, summary, arxivId, repository, date }: ReportFacts): Html {
  const links = [
    arxivId === undefined ? undefined : outsideLink(`https://arxiv.org/abs/${arxivId}`, `arXiv ${arxivId}`),
    repository === undefined ? undefined : outsideLink(repository, 'official code'),
    date === undefined ? undefined : html`published ${date}`,
  ].filter((link) => link !== undefined);
  return html`<header><p class="kicker">${results.paper}</p><h1>${title}</h1>
${summary === undefined ? undefined : html`<p>${summary}</p>`}
${links.length === 0 ? undefined : html`<p class="kicker">${links.map((link, i) => (i === 0 ? link : html`, ${link}`))}</p>`}
<h2>${results.question}</h2>
<p class="result">${verdictBadge(results.verdict)}: ${verdictText(results)}.</p></header>`;
}

/** What the paper reports, beside what was measured here. */
function publishedSection(results: Results, { published = [] }: ReportFacts): Html | undefined {
  if (published.length === 0) return undefined;
  return html`<section><h2>Published and measured</h2>
<p class="note">The published figures come from the paper's own setting, which differs from the one here: compare directions, not digits.</p>
<div class="pair"><div><h3>The paper reports</h3>${published.map(
    ({ setting, values }) => html`<div class="scroll"><table><caption>${setting}</caption>
<tbody>${values.map(({ arm, value }) => html`<tr><th scope="row">${arm}</th><td class="text">${value}</td></tr>`)}</tbody></table></div>`,
  )}</div><div><h3>Measured here</h3>${measuredTable(results)}</div></div></section>`;
}

function measuredTable({ data, arms, metrics, seeds }: Results): Html {
  const rows = shownMetrics(metrics).flatMap((metric) => {
    const measured = arms.flatMap(({ label, metrics: summaries }) => {
      const summary = summaries[metric.name];
      const write = (value: number) => formatMetric(value, metric);
      if (!summary) return [];
      const { mean, interval } = summary;
      const around = interval.low < interval.high ? ` (${formatInterval(interval, write, write(mean))})` : '';
      return [{ label, text: `${write(mean)}${around}` }];
    });
    return measured.map(
      ({ label, text }, i) =>
        html`<tr>${i === 0 ? html`<th scope="rowgroup" rowspan="${measured.length}">${capitalized(metric.label)}</th>` : undefined}<th scope="row">${label}</th><td class="text">${text}</td></tr>`,
    );
  });
  return html`<div class="scroll"><table><caption>Mean over ${counted(seeds.length, 'seed')} (95 % interval). ${data}</caption><tbody>${rows}</tbody></table></div>`;
}

/** What was run, on what, where and when. */
function makingSection({ data, arms, seeds, seconds, machine, versions, finishedAt }: Results): Html {
  const { processor, cores, system } = machine;
  const software = Object.entries(versions).map(([name, version]) => `${name} ${version}`);
  const facts: readonly (readonly [string, string])[] = [
    ['Data', data],
    ...arms.map(({ label, role, description }) => [`${capitalized(role)}: ${label}`, description] as const),
    ['Seeds', seeds.join(', ')],
    ['Time of all runs', formatMetric(seconds, { unit: 'seconds' })],
    ['Machine', `${processor}, ${cores} ${cores === 1 ? 'core' : 'cores'}, ${system}`],
    ['Versions', software.join(', ')],
    ['Finished', momentText(finishedAt)],
  ];
  return html`<section><h2>How it was made</h2>
<dl>${facts.map(([term, text]) => html`<dt>${term}</dt><dd>${text}</dd>`)}</dl></section>`;
}
