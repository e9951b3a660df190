import type { Kysely } from 'kysely';
import { LRUCache } from 'lru-cache';
import { dataVersion } from './database/engine.js';
import type { Database } from './database/schema.js';

/** A list has some hundred kilobytes. */
const keptAnswers = 100;

/** Gives the answer that a question had before, as long as nothing in the database has changed since. */
export function unchangedAnswers(
  db: Kysely<Database>,
): <Answer>(question: unknown, answer: () => Promise<Answer>) => Promise<Answer> {
  const answers = new LRUCache<string, Promise<unknown>>({ max: keptAnswers });
  let current: string | undefined;
  return async <Answer>(question: unknown, answer: () => Promise<Answer>) => {
    const version = await dataVersion(db);
    if (version !== current) answers.clear();
    current = version;
    const key = JSON.stringify(question);
    const known = answers.get(key) as Promise<Answer> | undefined;
    if (known) return known;
    const found = answer();
    answers.set(key, found);
    found.catch(() => answers.delete(key));
    return found;
  };
}
