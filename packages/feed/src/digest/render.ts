import type { Kysely } from 'kysely';
import type { Database } from '../database/schema.js';
import { resolveId, selectPapers, toFeedPapers } from '../papers.js';
import { readableText } from '../tex/typeset.js';
import { cleanLine, cut, webAddress } from '../text.js';
import type { FeedPaper } from '../types.js';
import type { Letter, Told } from './letter.js';
import { renderHtml } from './renderHtml.js';
import { renderText } from './renderText.js';
import { firstSentences, namesLine, writtenDay } from './sentences.js';
import type { IssueContent, IssuePaper, RenderedIssue, Sender } from './types.js';

/** Links by which a subscriber changes or ends the subscription. */
export interface ReaderLinks {
  readonly preferences: string;
  readonly unsubscribe: string;
}

const longestSubject = 140;

/** @param day of the issue */
export async function renderIssue(
  db: Kysely<Database>,
  day: string,
  content: IssueContent,
  sender: Sender,
  links: ReaderLinks,
): Promise<RenderedIssue> {
  const papers = await tell(db, content.papers, sender);
  const searches = await Promise.all(
    content.searches.map(async ({ query, papers: hits }) => ({
      query: cleanLine(query),
      address: absolute(sender, `/search?q=${encodeURIComponent(query)}`),
      papers: await tell(db, hits, sender),
    })),
  );
  const count = papers.length + searches.reduce((sum, section) => sum + section.papers.length, 0);
  const letter: Letter = {
    heading: `Daily papers, ${writtenDay(day)}`,
    name: cleanLine(sender.name),
    lead: count === 1 ? 'One paper.' : `${count} papers.`,
    papers,
    ...(content.more > 0 && {
      more: { words: `${content.more} more on the site`, address: absolute(sender, '/') },
    }),
    searches,
    footer: {
      why: `You get this because you asked for it at ${sender.base} and confirmed it.`,
      ...links,
      controller: cleanLine(sender.controller ?? `${sender.name}, ${sender.base}`),
    },
  };
  const lead = (papers[0] ?? searches[0]?.papers[0])?.title ?? 'nothing new';
  const others = count > 1 ? ` and ${count - 1} more` : '';
  const room = longestSubject - letter.heading.length - others.length;
  const title = lead.length > room ? `${cut(lead, room - 2).replace(/\s+\S*$/, '')} …` : lead;
  return {
    subject: `${letter.heading}: ${title}${others}`,
    text: renderText(letter),
    html: renderHtml(letter),
  };
}

async function tell(
  db: Kysely<Database>,
  cited: readonly IssuePaper[],
  sender: Sender,
): Promise<readonly Told[]> {
  // Since the issue was planned a paper may have got another id.
  const ids = await Promise.all(cited.map(({ id }) => resolveId(db, id)));
  const known = ids.filter((id) => id !== undefined);
  if (known.length === 0) return [];
  const papers = await toFeedPapers(db, await selectPapers(db).where('paper.id', 'in', known).execute());
  const byId = new Map(papers.map((paper) => [paper.id, paper]));
  const told = cited.map(async ({ reason }, position) => {
    const paper = byId.get(ids[position] ?? '');
    return paper && toldOf(paper, reason, sender);
  });
  return (await Promise.all(told)).filter((paper) => paper !== undefined);
}

async function toldOf(paper: FeedPaper, reason: string, sender: Sender): Promise<Told> {
  const summary = paper.abstract ?? paper.summary ?? paper.aiSummary;
  const authors =
    paper.authors.length > 0 ? namesLine(paper.authors) : paper.authorCount && countOf(paper.authorCount);
  const remark = await sender.remarkOf?.(paper);
  return {
    title: cut(cleanLine(readableText(paper.title)), 300),
    reason: cleanLine(reason),
    ...(summary && { summary: cleanLine(firstSentences(readableText(summary), 2)) }),
    ...(authors && { authors: cut(cleanLine(authors), 400) }),
    ...(remark && { remark: cut(cleanLine(remark), 300) }),
    links: linksOf(paper, sender),
  };
}

const countOf = (authors: number): string => (authors === 1 ? '1 author' : `${authors} authors`);

function linksOf({ id, arxivId, repository, projectPage }: FeedPaper, sender: Sender): Told['links'] {
  const path = id.split('/').map(encodeURIComponent).join('/');
  return [
    { name: 'Page', address: absolute(sender, `/papers/${path}`) },
    { name: 'arXiv', address: arxivId && `https://arxiv.org/abs/${arxivId}` },
    { name: 'Code', address: webAddress(repository) },
    { name: 'Project', address: webAddress(projectPage) },
  ].filter((link): link is { name: string; address: string } => Boolean(link.address));
}

const absolute = ({ base }: Sender, path: string): string => new URL(path, base).href;
