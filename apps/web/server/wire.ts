import { type AuthorClaim, type FeedPaper, type Organization, objectId, type Profile } from '@evenkeel/feed';
import { findPaper } from '@evenkeel/methods/papers';
import type { Site } from './site.js';

/** The wire format's form of time, at the start of a day. */
const startOf = (day: string): string => `${day}T00:00:00.000Z`;

/** Whoever puts a paper on a list where no reader does: this site itself. A user's name is read from `user` or `name`. */
export const submitter = {
  _id: objectId('evenkeel'),
  name: 'evenkeel',
  user: 'evenkeel',
  fullname: 'Evenkeel',
  avatarUrl: '/favicon.svg',
  type: 'org',
  isPro: false,
};

/** Whoever put a paper on a list. */
const submitterOf = ({ submittedBy }: FeedPaper) => (submittedBy ? wireUser(submittedBy) : submitter);

/** Somebody with an account here. */
export const wireUser = ({ id, name, fullName }: Pick<Profile, 'id' | 'name' | 'fullName'>) => ({
  _id: id,
  name,
  user: name,
  fullname: fullName || name,
  avatarUrl: '/favicon.svg',
  type: 'user',
  isPro: false,
});

/** By which an author of a paper is claimed. */
export const authorId = (paperId: string, name: string): string => objectId(`${paperId} ${name}`);

/** An author; with who claims to be one, where somebody does and does not hide it. */
function wireAuthor(paperId: string, name: string, claims: readonly AuthorClaim[]) {
  const theirs = claims.filter((claim) => claim.paperId === paperId && claim.author === name);
  const claim = theirs.find(({ state }) => state !== 'claimed') ?? theirs[0];
  const held = claim && claim.state !== 'claimed' && !claim.hidden;
  return {
    _id: authorId(paperId, name),
    name,
    hidden: false,
    ...(claim && { status: claim.state, statusLastChangedAt: claim.changedAt }),
    ...(held && { user: wireUser(claim.by) }),
  };
}

/** A group as a source named it; without a picture of its own it has ours. */
const wireOrganization = ({ id, name, fullName, avatarUrl = '/favicon.svg' }: Organization) => ({
  _id: id ?? objectId(`organization ${name}`),
  name,
  fullname: fullName,
  avatarUrl,
});

/** What stands both in the paper and beside it, since clients read it in either place. */
function shared(paper: FeedPaper, claims: readonly AuthorClaim[]) {
  const { id, title, upvotes, repository, listedOn, stars, projectPage, aiSummary, withdrawnOn } = paper;
  const { organization, mediaUrls } = paper;
  const keywords = paper.tags.filter(({ kind }) => kind === 'keyword').map(({ tag }) => tag);
  return {
    id,
    title,
    summary: paper.abstract ?? paper.summary ?? '',
    authors: paper.authors.map((name) => wireAuthor(id, name, claims)),
    upvotes,
    discussionId: objectId(id),
    ...(listedOn && { submittedOnDailyAt: startOf(listedOn), submittedOnDailyBy: submitterOf(paper) }),
    ...(repository && { githubRepo: repository }),
    ...(stars !== undefined && { githubStars: stars }),
    ...(projectPage && { projectPage }),
    ...(organization && { organization: wireOrganization(organization) }),
    ...(mediaUrls && { mediaUrls }),
    ...(aiSummary && { ai_summary: aiSummary }),
    ...(keywords.length > 0 && { ai_keywords: keywords }),
    ...(withdrawnOn && { withdrawnAt: startOf(withdrawnOn) }),
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

/** Clients rely on a day: where no source said when a paper was published, it was so by the day of the list. */
function publishedAt(...days: readonly (string | undefined)[]) {
  const day = days.find((each) => each !== undefined);
  return day === undefined ? {} : { publishedAt: startOf(day) };
}

/**
 * Papers in a list: each within what the list says of it; `publishedAt` outside is the day of the list.
 * @param base address of the request, from which links are made
 */
export async function listItems(site: Site, papers: readonly FeedPaper[], base: string) {
  const { people } = site.feed;
  const ids = papers.map(({ id }) => id);
  const claims = await people.claimsOn(ids);
  const withAuthors = await people.withTheirAuthors(ids);
  const item = async (paper: FeedPaper) => {
    const { id, publishedOn, listedOn, commentCount } = paper;
    const both = shared(paper, claims);
    return {
      ...both,
      ...publishedAt(listedOn, publishedOn),
      numComments: commentCount,
      thumbnail: new URL(`/pictures/papers/${id}.png`, base).href,
      submittedBy: submitterOf(paper),
      isAuthorParticipating: withAuthors.has(id),
      source: 'evenkeel',
      paper: { ...both, ...publishedAt(publishedOn, listedOn) },
      evenkeel: await own(site, paper, base),
    };
  };
  return Promise.all(papers.map(item));
}

/** A paper by itself: one flat object, in which `publishedAt` is the day of first publication. */
export async function flatPaper(site: Site, paper: FeedPaper, base: string) {
  return {
    ...shared(paper, await site.feed.people.claimsOn([paper.id])),
    ...publishedAt(paper.publishedOn, paper.listedOn),
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
