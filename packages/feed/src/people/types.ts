import type { FeedPaper } from '../types.js';

/** Somebody who has signed in. */
export interface Account {
  /** Twenty-four hexadecimal digits. */
  readonly id: string;
  readonly email: string;
  /** Name in addresses: lower-case letters, digits and hyphens. */
  readonly name: string;
  readonly fullName: string;
  readonly about: string;
  readonly orcid?: string;
  /** ISO 8601, UTC. */
  readonly createdAt: string;
  /** By the settings of the site. */
  readonly isAdmin: boolean;
}

/** What everybody may see of an account. */
export type Profile = Pick<Account, 'id' | 'name' | 'fullName' | 'about' | 'orcid'>;

export type ReadingState = 'unread' | 'read' | 'hidden';

export interface ReadingEntry {
  readonly paper: FeedPaper;
  readonly state: ReadingState;
  readonly note: string;
  readonly addedAt: string;
}

export interface Follow {
  readonly id: string;
  readonly kind: 'author' | 'family' | 'search';
  readonly value: string;
}

export interface Comment {
  readonly id: string;
  readonly paperId: string;
  readonly by: Profile;
  /** Markdown of an untrusted hand. */
  readonly text: string;
  readonly createdAt: string;
  readonly hidden: boolean;
  /** Reports that readers sent, for moderators. */
  readonly reports: readonly string[];
}

export type ClaimState = 'claimed' | 'claimed_verified' | 'admin_assigned' | 'refused';

export interface AuthorClaim {
  readonly id: string;
  readonly paperId: string;
  readonly paperTitle: string;
  readonly author: string;
  readonly state: ClaimState;
  readonly evidence: string;
  readonly changedAt: string;
  /** Left out of the profile. */
  readonly hidden: boolean;
  readonly by: Profile;
}

export interface PersonalToken {
  readonly id: string;
  readonly label: string;
  readonly createdAt: string;
}

/** What a reader has done with a paper. */
export interface PaperMarks {
  readonly voted: boolean;
  readonly reading?: { readonly state: ReadingState; readonly note: string };
  readonly claim?: ClaimState;
}

export type ExportFormat = 'json' | 'bibtex' | 'csv';

export interface SubmissionRules {
  /** Whether only authors of a paper here, and admins, may submit. */
  readonly requireClaim: boolean;
}

/** Accounts and all that they do. Whoever acts is named by the id of their account; every rule is checked here. */
export interface People {
  /**
   * Makes a link that signs in, for an address that may or may not be known: nothing told apart.
   * @returns the secret of the link; undefined where too many were asked for
   * @throws PeopleError for what is no address
   */
  requestSignIn(email: string): Promise<{ readonly secret: string; readonly email: string } | undefined>;
  /** The address that a link signs in, while it is good; using it is `signIn`. */
  peekSignIn(secret: string): Promise<string | undefined>;
  /**
   * Uses a link, once. The session is a new one, and the one before ends.
   * @returns secret of the session; undefined where the link is not good, or the account is blocked
   */
  signIn(secret: string, before?: string): Promise<string | undefined>;
  /**
   * Makes a link that changes the address of an account, to be mailed to the new one: nothing tells whether somebody has it.
   * @throws PeopleError for what is no address, and where too many were asked for
   */
  requestEmailChange(
    accountId: string,
    email: string,
  ): Promise<{ readonly secret: string; readonly email: string }>;
  /** The new address that a link is for, while it is good and for this account. */
  peekEmailChange(accountId: string, secret: string): Promise<string | undefined>;
  /**
   * Uses a link, once, as the account that asked for it. Its digest goes along; its other sessions end.
   * @param session that goes on
   * @returns both addresses; undefined where the link is not good
   * @throws PeopleError where somebody else has the address
   */
  changeEmail(
    accountId: string,
    secret: string,
    session: string,
  ): Promise<{ readonly from: string; readonly to: string } | undefined>;
  /** Whose session it is. */
  session(secret: string): Promise<Account | undefined>;
  /** Ends a session, or all of its account. */
  signOut(secret: string, options?: { everywhere?: boolean }): Promise<void>;

  /** @returns the token, which is shown once */
  createToken(accountId: string, label: string): Promise<string>;
  tokens(accountId: string): Promise<readonly PersonalToken[]>;
  revokeToken(accountId: string, id: string): Promise<void>;
  accountOfToken(token: string): Promise<Account | undefined>;

  profile(name: string): Promise<Profile | undefined>;
  accountById(id: string): Promise<Account | undefined>;
  updateProfile(
    accountId: string,
    profile: { name: string; fullName: string; about: string; orcid: string },
  ): Promise<void>;
  /** Everything an account has here, or its reading list. */
  export(accountId: string, format: ExportFormat): Promise<string>;
  /** Deletes an account with all that it did, and its digest; votes and comments no longer count. */
  deleteAccount(accountId: string): Promise<void>;

  /** Gives or takes back a vote; one that is there already stays as it is. */
  vote(accountId: string, paperId: string, up: boolean): Promise<void>;
  marks(accountId: string, paperId: string): Promise<PaperMarks>;

  setReading(
    accountId: string,
    paperId: string,
    change: { state?: ReadingState; note?: string },
  ): Promise<void>;
  dropReading(accountId: string, paperId: string): Promise<void>;
  /** Newest first. With `query`, those that it finds by words or meaning, best first, then those whose note has all its words. */
  readingList(
    accountId: string,
    options?: { state?: ReadingState; query?: string },
  ): Promise<readonly ReadingEntry[]>;

  follow(accountId: string, kind: Follow['kind'], value: string): Promise<void>;
  unfollow(accountId: string, id: string): Promise<void>;
  follows(accountId: string): Promise<readonly Follow[]>;

  commentsOn(): Promise<boolean>;
  comments(paperId: string, options?: { withHidden?: boolean }): Promise<readonly Comment[]>;
  addComment(accountId: string, paperId: string, text: string): Promise<string>;
  /** By whoever wrote it. */
  deleteComment(accountId: string, commentId: string): Promise<void>;
  reportComment(accountId: string, commentId: string, reason: string): Promise<void>;

  claim(accountId: string, claim: { paperId: string; author: string; evidence: string }): Promise<string>;
  claims(accountId: string): Promise<readonly AuthorClaim[]>;
  /** Claims that hold or wait, of some papers by their stored ids. */
  claimsOn(paperIds: readonly string[]): Promise<readonly AuthorClaim[]>;
  /** Those of some papers of which an author, whose claim holds, submitted them or comments on them. */
  withTheirAuthors(paperIds: readonly string[]): Promise<ReadonlySet<string>>;
  hideClaim(accountId: string, claimId: string, hidden: boolean): Promise<void>;

  /** @throws PeopleError where the rules of the site keep the account from submitting now */
  checkSubmission(accountId: string, rules: SubmissionRules): Promise<void>;
  recordSubmission(accountId: string, paperId: string): Promise<void>;
  /** Whether an account is an author of a paper, submitted it, or is an admin. */
  mayEdit(accountId: string, paperId: string): Promise<boolean>;
  isAuthor(accountId: string, paperId: string): Promise<boolean>;
  setLinks(
    accountId: string,
    paperId: string,
    links: { projectPage?: string; repository?: string },
  ): Promise<void>;

  /** For admins: all that waits for a decision, and what was done. */
  moderation(adminId: string): Promise<{
    readonly reported: readonly Comment[];
    readonly claims: readonly AuthorClaim[];
    readonly log: readonly { readonly at: string; readonly action: string; readonly subject: string }[];
  }>;
  setCommentsOn(adminId: string, on: boolean): Promise<void>;
  /** Hides or shows a comment; its reports are done with. */
  judgeComment(adminId: string, commentId: string, hide: boolean): Promise<void>;
  judgeClaim(adminId: string, claimId: string, holds: boolean): Promise<void>;
  /** Makes somebody an author without their asking. */
  assignAuthor(adminId: string, claim: { paperId: string; author: string; name: string }): Promise<void>;
  /** A blocked account cannot sign in, its votes are gone and its comments hidden. */
  setBlocked(adminId: string, name: string, blocked: boolean): Promise<void>;
}
