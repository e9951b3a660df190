import { commentHtml } from './comments.js';

/** What the page of a paper shows of its readers. */
export async function describePeople({ site, account }: App.Locals, paperId: string) {
  const { people } = site.feed;
  const commentsOn = await people.commentsOn();
  const comments = commentsOn
    ? await people.comments(paperId, { withHidden: account?.isAdmin ?? false })
    : [];
  const claims = await people.claimsOn([paperId]);
  return {
    marks: account && (await people.marks(account.id, paperId)),
    commentsOn,
    comments: comments.map(({ id, by, text, createdAt, hidden, reports }) => ({
      id,
      name: by.name,
      fullName: by.fullName || by.name,
      html: commentHtml(text),
      createdAt,
      hidden,
      reports,
      own: by.id === account?.id,
    })),
    /** Profiles of authors, by their name on the paper. */
    authors: claims
      .filter(({ state, hidden }) => state !== 'claimed' && !hidden)
      .map(({ author, by }) => ({ author, name: by.name })),
  };
}

export type PaperPeople = Awaited<ReturnType<typeof describePeople>>;
