import { setTimeout as wait } from 'node:timers/promises';
import { ImportError } from '../errors.js';
import type { Clock } from './pace.js';
import { TemporaryError } from './temporaryError.js';

export const realClock: Clock = {
  now: () => Date.now(),
  wait: (milliseconds, signal) => wait(milliseconds, undefined, { ...(signal && { signal }) }),
};

/** Bytes of an answer at the most. */
const largestAnswer = 32 * 1024 * 1024;
/** Milliseconds for one answer. */
const patience = 60_000;
const mostTries = 5;
/** Milliseconds before the second try; each further one waits twice as long. */
const firstPause = 5000;
/** Milliseconds; whoever is asked to wait longer comes again later. */
const longestPause = 600_000;

/** Where a list is asked for, and how. */
export interface Requester {
  readonly clock: Clock;
  /** Does one request in its turn. */
  turn<Result>(request: () => Promise<Result>): Promise<Result>;
  readonly signal?: AbortSignal | undefined;
  /** Told before each wait: how long, and why. */
  readonly onWait?: ((milliseconds: number, reason: string) => void) | undefined;
  /** Between 0 and 1; spreads the tries of many clients. */
  random(): number;
}

/**
 * Asks until there is a good answer, at most five times: after 5 s, 10 s, 20 s, 40 s and up to half as long again, or as
 * long as the server says.
 * @param read makes something of the answer; throws TemporaryError where it may get better
 * @throws ImportError after the last try, at once for what will not get better, and where the server asks to wait for
 *   more than ten minutes
 */
export async function ask<Result>(
  requester: Requester,
  url: URL,
  read: (document: string) => Result,
): Promise<Result> {
  const { clock, signal, onWait, random } = requester;
  for (let attempt = 1; ; attempt++) {
    try {
      return read(await requester.turn(() => fetchText(url, signal)));
    } catch (error) {
      if (!(error instanceof TemporaryError)) throw error;
      if (attempt === mostTries) {
        throw new ImportError(`${url.host}: ${error.message}, ${mostTries} times; run again later to go on`);
      }
      const usual = firstPause * 2 ** (attempt - 1) * (1 + random() / 2);
      const milliseconds = Math.max(usual, error.after ?? 0);
      if (milliseconds > longestPause) {
        const minutes = Math.ceil(milliseconds / 60_000);
        throw new ImportError(
          `${url.host}: ${error.message}, and asks to wait ${minutes} minutes; run again then`,
        );
      }
      onWait?.(milliseconds, error.message);
      await clock.wait(milliseconds, signal);
    }
  }
}

async function fetchText(url: URL, signal: AbortSignal | undefined): Promise<string> {
  const limit = AbortSignal.timeout(patience);
  let response: Response;
  try {
    response = await fetch(url, {
      headers: { 'user-agent': 'Evenkeel/0.1 (papers feed)' },
      signal: signal ? AbortSignal.any([signal, limit]) : limit,
    });
  } catch (error) {
    signal?.throwIfAborted();
    throw new TemporaryError(`cannot be reached (${reasonOf(error)})`);
  }
  if (response.status === 429 || response.status >= 500) {
    await response.body?.cancel();
    throw new TemporaryError(`answered ${response.status}`, retryAfter(response.headers.get('retry-after')));
  }
  const text = await limitedText(response, url);
  // arXiv tells what is wrong with a query in a feed, with 400 as with 200.
  if (response.ok || text.includes('/api/errors')) return text;
  throw new ImportError(`${url.host}: answered ${response.status}`);
}

async function limitedText(response: Response, url: URL): Promise<string> {
  const decoder = new TextDecoder();
  let [text, size] = ['', 0];
  try {
    for await (const chunk of response.body ?? []) {
      size += chunk.length;
      if (size > largestAnswer)
        throw new ImportError(`${url.host}: answered more than ${largestAnswer} bytes`);
      text += decoder.decode(chunk, { stream: true });
    }
  } catch (error) {
    if (error instanceof ImportError) throw error;
    throw new TemporaryError(`broke off (${reasonOf(error)})`);
  }
  return text + decoder.decode();
}

/** Seconds, or a date; undefined for anything else. */
function retryAfter(header: string | null): number | undefined {
  if (header === null) return undefined;
  const milliseconds = /^\d+$/.test(header) ? Number(header) * 1000 : Date.parse(header) - Date.now();
  return milliseconds >= 0 ? milliseconds : undefined;
}

const reasonOf = (error: unknown): string => {
  const { cause, message } = error as Error & { cause?: { code?: string } };
  return cause?.code ?? message;
};
