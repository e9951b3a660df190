import { type FeedPaper, readableText } from '@evenkeel/feed';
import {
  capitalized,
  formatMean,
  formatMetric,
  formatSigned,
  mainComparison,
  type Results,
} from '@evenkeel/lab';
import { findPaper } from '@evenkeel/methods/papers';
import type { Site } from '../site.js';
import { codeBlock, facts, plainText } from './markdown.js';

/** The page of a paper as markdown: its facts, our account of it, what we found, how to use it, its abstract. */
export async function paperMarkdown(site: Site, paper: FeedPaper, base: string): Promise<string> {
  const entry = paper.slug === undefined ? undefined : findPaper(paper.slug);
  const results = paper.slug === undefined ? undefined : await site.results.of(paper.slug);
  const sections = [
    `# ${plainText(readableText(paper.title))}`,
    paper.withdrawnOn && `**Withdrawn by its authors on ${paper.withdrawnOn}.**`,
    factsOf(paper, base),
    entry && inOneMinute(entry.paper.inOneMinute),
    entry?.experiment && runs(paper, results, base),
    entry?.paper.usage && `## Use it\n\n${codeBlock(entry.paper.usage, 'ts')}`,
    paper.abstract && `## Abstract\n\n${plainText(readableText(paper.abstract))}`,
  ];
  return `${sections.filter(Boolean).join('\n\n')}\n`;
}

function factsOf(paper: FeedPaper, base: string): string {
  const { authors, authorCount, tags } = paper;
  return facts([
    ['Page', new URL(`/papers/${paper.id}`, base).href],
    ['arXiv', paper.arxivId && `https://arxiv.org/abs/${paper.arxivId}`],
    ['Code', paper.repository],
    ['Project', paper.projectPage],
    ['Authors', authors.length > 0 ? plainText(authors.join(', ')) : authorCount && String(authorCount)],
    ['Published', paper.publishedOn],
    ['Listed', paper.listedOn],
    ['Venue', paper.venue && plainText(paper.venue)],
    ['Family', paper.family],
    ['Tags', tags.length > 0 ? plainText(tags.map(({ tag }) => tag).join(', ')) : undefined],
    ['Upvotes', String(paper.upvotes)],
  ] as [string, string | undefined][]);
}

function inOneMinute(account: Readonly<Record<string, string>>): string {
  const parts = [
    ['Problem', account.problem],
    ['Idea', account.idea],
    ['Cost', account.cost],
    ['Use it when', account.useWhen],
    ['Leave it when', account.avoidWhen],
  ];
  return `## In one minute\n\n${parts.map(([name, text]) => `**${name}.** ${plainText(text ?? '')}`).join('\n\n')}`;
}

function runs({ id }: FeedPaper, results: Results | undefined, base: string): string {
  const run = `The method trains beside its baseline in a browser: ${new URL(`/papers/${id}#run`, base).href}`;
  if (!results) return `## What we found\n\nNo verdict is recorded yet. ${run}`;
  const compared = mainComparison(results);
  const claims = results.claims.map(
    ({ statement, verdict, reason }) =>
      `- ${verdict}: ${plainText(statement)}${reason ? ` (${plainText(reason)})` : ''}`,
  );
  const sentence =
    compared &&
    `${plainText(capitalized(compared.metric.label))}: ${plainText(compared.method.label)} ${formatMetric(compared.method.summary.mean, compared.metric)}, ` +
      `${plainText(compared.baseline.label)} ${formatMetric(compared.baseline.summary.mean, compared.metric)}; difference ` +
      `${formatMean(compared.difference, compared.differences.length, (value) => formatSigned(value, compared.metric))}.`;
  return [
    '## What we found',
    `Verdict: **${results.verdict}**, recorded ${results.finishedAt.slice(0, 10)}.`,
    sentence,
    claims.join('\n'),
    run,
  ]
    .filter(Boolean)
    .join('\n\n');
}
