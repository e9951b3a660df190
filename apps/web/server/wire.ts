import { createHash } from 'node:crypto';
import type { FeedPaper } from '@evenkeel/feed';
import { findPaper } from '@evenkeel/methods/papers';
import type { Site } from './site.js';

/** Twenty-four hexadecimal digits, the same each time for the same thing. */
const objectId = (name: string): string => createHash('sha256').update(name).digest('hex').slice(0, 24);

/** The wire format's form of time, at the start of a day. */
const startOf = (day: string): string => `${day}T00:00:00.000Z`;

/** Whoever put a paper on a list: this site itself. A user's name is read from `user` or `name`. */
const submitter = {
  _id: objectId('evenkeel'),
  name: 'evenkeel',
  user: 'evenkeel',
  fullname: 'Evenkeel',
  avatarUrl: '/favicon.svg',
  type: 'org',
  isPro: false,
};

/** What stands both in the paper and beside it, since clients read it in either place. */
function shared(paper: FeedPaper) {
  const { id, title, upvotes, repository, listedOn } = paper;
  return {
    id,
    title,
    summary: paper.abstract ?? paper.summary ?? '',
    authors: paper.authors.map((name) => ({ _id: objectId(`${id} ${name}`), name, hidden: false })),
    upvotes,
    discussionId: objectId(id),
    ...(listedOn && { submittedOnDailyAt: startOf(listedOn), submittedOnDailyBy: submitter }),
    ...(repository && { githubRepo: repository }),
  };
}

/** Our own data, under a key that no other format has. */
async function own({ results }: Site, { id, slug }: FeedPaper, base: string) {
  const implemented = slug !== undefined && findPaper(slug)?.experiment !== undefined;
  const recorded = slug === undefined ? undefined : await results.of(slug);
  return {
    implemented,
    ...(slug && { slug }),
    ...(implemented && { runUrl: new URL(`/papers/${id}#run`, base).href }),
    ...(recorded && {
      baseline: recorded.arms.find((arm) => arm.role === 'baseline')?.label,
      lastRun: recorded.finishedAt,
      verdict: recorded.verdict,
    }),
  };
}

/**
 * A paper in a list: the paper itself within what the list says of it; `publishedAt` outside is the day of the list.
 * @param base address of the request, from which links are made
 */
export async function listItem(site: Site, paper: FeedPaper, base: string) {
  const { publishedOn, listedOn, commentCount } = paper;
  const both = shared(paper);
  return {
    ...both,
    ...((listedOn ?? publishedOn) && { publishedAt: startOf((listedOn ?? publishedOn) as string) }),
    numComments: commentCount,
    thumbnail: '',
    submittedBy: submitter,
    isAuthorParticipating: false,
    source: 'evenkeel',
    paper: { ...both, ...(publishedOn && { publishedAt: startOf(publishedOn) }) },
    evenkeel: await own(site, paper, base),
  };
}

/** A paper by itself: one flat object, in which `publishedAt` is the day of first publication. */
export async function flatPaper(site: Site, paper: FeedPaper, base: string) {
  return {
    ...shared(paper),
    ...(paper.publishedOn && { publishedAt: startOf(paper.publishedOn) }),
    numComments: paper.commentCount,
    source: 'evenkeel',
    linkedModels: [],
    linkedDatasets: [],
    linkedSpaces: [],
    numTotalModels: 0,
    numTotalDatasets: 0,
    numTotalSpaces: 0,
    evenkeel: await own(site, paper, base),
  };
}
