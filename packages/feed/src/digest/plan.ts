import type { Kysely } from 'kysely';
import { write } from '../database/engine.js';
import type { Database } from '../database/schema.js';
import { isProvisionalId } from '../identifiers.js';
import { choicesOf } from './choices.js';
import { addDays, dayIn, latestIssue, nextIssue } from './schedule.js';
import { newId } from './secrets.js';
import { chooseIssue, loadOffer, type Offer, type PaperFinder } from './select.js';
import type { SubscriberRow } from './subscribers.js';
import type { IssueContent } from './types.js';

const atOnce = 100;
/** Issues that are looked through for papers a subscriber has been told of. */
const remembered = 60;

/** What is due to one subscriber. */
export interface Plan {
  readonly subscriber: SubscriberRow;
  /** Day of the issue where the subscriber lives. */
  readonly issue: string;
  /** Undefined: nothing to tell. */
  readonly content?: IssueContent;
  readonly nextAt: number;
}

/** Chooses issues for subscribers; what is on offer is looked up once for all with the same days. */
export class Planner {
  readonly #db: Kysely<Database>;
  readonly #now: number;
  readonly #find: PaperFinder;
  readonly #offers = new Map<string, Promise<Offer>>();

  constructor(db: Kysely<Database>, now: number, find: PaperFinder) {
    this.#db = db;
    this.#now = now;
    this.#find = find;
  }

  /** Subscribers whose next issue is due, those longest due first. */
  due(limit = atOnce): Promise<SubscriberRow[]> {
    return this.#db
      .selectFrom('subscriber')
      .selectAll()
      .where('state', '=', 'active')
      .where('next_at', '<=', this.#now)
      .orderBy('next_at')
      .orderBy('id')
      .limit(limit)
      .execute();
  }

  async plan(subscriber: SubscriberRow): Promise<Plan> {
    const choices = choicesOf(subscriber);
    const at = latestIssue(choices, subscriber.next_at ?? this.#now, this.#now);
    const issue = dayIn(choices.zone, at);
    const { told, last } = await this.#earlier(subscriber.id);
    const confirmed = dayIn(choices.zone, subscriber.confirmed_at ?? at);
    const from = last ?? addDays(confirmed, choices.frequency === 'week' ? -7 : -1);
    const [first = issue] = [from, issue].sort();
    const offer = await this.#offer(first, issue);
    const { hasNews, ...content } = await chooseIssue(offer, choices, told);
    const worthIt = choices.onlyNew ? hasNews : content.papers.length + content.searches.length > 0;
    return { subscriber, issue, nextAt: nextIssue(choices, this.#now), ...(worthIt && { content }) };
  }

  #offer(from: string, to: string): Promise<Offer> {
    const key = `${from} ${to}`;
    const known =
      this.#offers.get(key) ?? loadOffer(this.#db, { from, to, now: this.#now, find: this.#find });
    this.#offers.set(key, known);
    return known;
  }

  /** Papers that earlier issues told of, and the day of the last one. */
  async #earlier(subscriberId: string): Promise<{ told: Set<string>; last: string | undefined }> {
    const rows = await this.#db
      .selectFrom('digest_outbox')
      .select(['issue', 'content'])
      .where('subscriber_id', '=', subscriberId)
      .where('state', '!=', 'dropped')
      .orderBy('issue', 'desc')
      .limit(remembered)
      .execute();
    const contents = rows.map(({ content }) => JSON.parse(content) as IssueContent);
    const told = contents.flatMap(({ papers, searches }) =>
      [...papers, ...searches.flatMap((section) => section.papers)].map(({ id }) => id),
    );
    return { told: new Set([...told, ...(await this.#nowKnownAs(told))]), last: rows[0]?.issue };
  }

  /** The ids that papers have got which were known by their titles alone when they were told of. */
  async #nowKnownAs(told: readonly string[]): Promise<string[]> {
    const provisional = told.filter(isProvisionalId);
    if (provisional.length === 0) return [];
    const rows = await this.#db
      .selectFrom('paper_alias')
      .select('paper_id')
      .where('alias', 'in', provisional)
      .execute();
    return rows.map(({ paper_id }) => paper_id);
  }
}

/**
 * Puts every issue that is due into the outbox, and sets when the next one is, both or neither; of two processes that
 * plan the same issue one does.
 * @returns how many were put there
 */
export async function planAll(
  db: Kysely<Database>,
  now: number,
  find: PaperFinder,
  signal?: AbortSignal,
): Promise<number> {
  const planner = new Planner(db, now, find);
  let planned = 0;
  for (;;) {
    const subscribers = await planner.due();
    if (subscribers.length === 0) return planned;
    for (const subscriber of subscribers) {
      if (signal?.aborted) return planned;
      if (await store(db, await planner.plan(subscriber), now)) planned++;
    }
  }
}

function store(db: Kysely<Database>, plan: Plan, now: number): Promise<boolean> {
  const { subscriber, issue, content, nextAt } = plan;
  return write(db, async (transaction) => {
    const moved = await transaction
      .updateTable('subscriber')
      .set({ next_at: nextAt })
      .where('id', '=', subscriber.id)
      .where('state', '=', 'active')
      .where('next_at', '=', subscriber.next_at)
      .executeTakeFirst();
    if (Number(moved.numUpdatedRows) !== 1 || !content) return false;
    const added = await transaction
      .insertInto('digest_outbox')
      .values({
        id: newId(),
        subscriber_id: subscriber.id,
        issue,
        content: JSON.stringify(content),
        state: 'queued',
        claim: null,
        lease_until: null,
        tries: 0,
        due_at: now,
        planned_at: now,
        done_at: null,
        reply: null,
        bounce: null,
      })
      .onConflict((conflict) => conflict.columns(['subscriber_id', 'issue']).doNothing())
      .executeTakeFirst();
    return Number(added.numInsertedOrUpdatedRows ?? 0) === 1;
  });
}
