import type { Mailer } from '../mail/mailer.js';
import type { FeedPaper } from '../types.js';

/** What a digest is about: papers of any of these; all papers where none is named. */
export interface Topics {
  readonly families: readonly string[];
  readonly tags: readonly string[];
  /** Names as papers give them; case, accents and points do not matter. */
  readonly authors: readonly string[];
  readonly searches: readonly string[];
}

/** What a subscriber chooses. */
export interface Choices {
  readonly frequency: 'day' | 'week';
  /** 1 Monday to 7 Sunday, for weekly issues. */
  readonly weekday: number;
  /** 0 to 23, where the subscriber lives. */
  readonly hour: number;
  /** IANA time zone. */
  readonly zone: string;
  readonly weekends: boolean;
  readonly onlyNew: boolean;
  /** Whether papers that trend come too that are not on the lists of these days. */
  readonly trending: boolean;
  readonly topics: Topics;
}

export interface SubscriptionRequest {
  readonly address: string;
  readonly choices: Choices;
  /** Which text of the form was agreed to. */
  readonly formVersion: string;
  /** Address of the visitor's computer; only its network is kept. */
  readonly visitor?: string | undefined;
}

export interface Subscription {
  readonly address: string;
  readonly state: 'pending' | 'active' | 'paused';
  readonly choices: Choices;
  /** Milliseconds since 1970. */
  readonly nextAt?: number;
  readonly unsubscribeToken: string;
  readonly preferencesToken: string;
}

/** A paper of an issue and why it is there. */
export interface IssuePaper {
  readonly id: string;
  readonly reason: string;
}

/** What an issue tells of, fixed when it is planned. */
export interface IssueContent {
  readonly papers: readonly IssuePaper[];
  /** New papers beyond those. */
  readonly more: number;
  readonly searches: readonly { readonly query: string; readonly papers: readonly IssuePaper[] }[];
}

/** A mail as it reads. */
export interface RenderedIssue {
  readonly subject: string;
  readonly text: string;
  readonly html: string;
}

/** Who sends, and what stands in every mail. */
export interface Sender {
  /** Address of the site, from which links are made. */
  readonly base: string;
  /** Name of the list, such as `Evenkeel`. */
  readonly name: string;
  /** Address from which mail comes, without a name. */
  readonly address: string;
  /** Who is responsible, with a postal address. */
  readonly controller?: string | undefined;
  /** A sentence about a paper that the app knows, such as what its method brings here. */
  readonly remarkOf?: ((paper: FeedPaper) => Promise<string | undefined>) | undefined;
}

export interface RunOptions {
  readonly signal?: AbortSignal;
  /** Milliseconds since 1970. */
  readonly now?: () => number;
  /** Told of a server that cannot be reached, and of a mail that a server refused, without its address. */
  readonly onProblem?: (message: string) => void;
}

export interface DigestReport {
  /** Issues that were put into the outbox. */
  readonly planned: number;
  readonly sent: number;
  /** Put off after a server's "not now". */
  readonly postponed: number;
  /** Given up: refused for good, or too often. */
  readonly dropped: number;
  /** Handed over without an answer: they count as sent. */
  readonly unsure: number;
  /** Mails about subscriptions themselves. */
  readonly notices: number;
  /** Left in the outbox for later, or in the hands of another process. */
  readonly waiting: number;
  /** Why the mail server could not be reached; what is left is tried again next time. */
  readonly fault?: string;
}

/** An issue that a run would send now. */
export interface DueIssue {
  /** The address with its middle left out. */
  readonly to: string;
  readonly issue: string;
  readonly papers: number;
  readonly subject: string;
}

/** What a message from a mail server, or from a recipient, meant. */
export type ReturnedMail = 'hard' | 'soft' | 'complaint' | 'unsubscribed' | 'ignored';

/** Subscriptions to the digest, and its sending. */
export interface Digest {
  /**
   * Takes a subscription in; nothing tells whether the address was known. The confirmation mail goes out with `notices`.
   * @throws SubscriptionError for an address or choices that cannot be, and for too many requests from one network
   */
  subscribe(request: SubscriptionRequest): Promise<void>;
  /** What a token from a confirmation mail would confirm; undefined when it is used, old or none. */
  confirmation(token: string): Promise<Subscription | undefined>;
  confirm(token: string): Promise<Subscription | undefined>;
  /** By the token of the preferences link. */
  subscription(token: string): Promise<Subscription | undefined>;
  /** Changes choices; a paused subscription goes on. @throws SubscriptionError for choices that cannot be */
  change(token: string, choices: Choices): Promise<Subscription | undefined>;
  /** By the token of the unsubscribe link; whether it is a true one, be it used already. */
  unsubscribe(token: string): Promise<boolean>;
  /** Whether a token of an unsubscribe link is a true one; changes nothing. */
  mayUnsubscribe(token: string): Promise<boolean>;
  /** The subscription of an address of which whoever asks is known to be the owner; undefined unless it is confirmed. */
  subscriptionOf(address: string): Promise<Subscription | undefined>;
  /** What a subscriber with these wishes would read today, or on the last day with papers. */
  preview(wishes: Pick<Choices, 'topics' | 'trending'>, sender: Sender): Promise<RenderedIssue>;
  /** What a run would send; changes nothing. */
  due(sender: Sender, options?: RunOptions): Promise<readonly DueIssue[]>;
  /** Sends the mails about subscriptions themselves. */
  notices(mailer: Mailer, sender: Sender, options?: RunOptions): Promise<number>;
  /** Sends everything that is due; several processes may at once. */
  run(mailer: Mailer, sender: Sender, options?: RunOptions): Promise<DigestReport>;
  /** Issues that are yet to go out, now or later. */
  waiting(): Promise<number>;
  /** Reads a mail that came back: a report of non-delivery, a complaint, or a wish to unsubscribe. */
  returned(message: Uint8Array): Promise<ReturnedMail>;
  /** Lets mail go to an address again. @returns whether it was held back */
  allow(address: string): Promise<boolean>;
}
