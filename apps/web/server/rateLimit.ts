import { computerOf } from '@evenkeel/feed';
import type { MiddlewareHandler } from 'hono';
import { rateLimiter } from 'hono-rate-limiter';
import { visitorOf } from './visitor.js';

/** How much one computer may ask. */
export interface RateLimit {
  /** Requests to the API within five minutes. */
  readonly requests: number;
}

const fiveMinutes = 300_000;

/** Answers 429 above the limit; every answer says in `RateLimit` headers what is left. */
export function limitRate({ requests }: RateLimit): MiddlewareHandler {
  return rateLimiter({
    windowMs: fiveMinutes,
    limit: requests,
    standardHeaders: 'draft-7',
    keyGenerator: (c) => computerOf(visitorOf(c).address),
    handler: (c) => {
      c.header('retry-after', String(Math.ceil(fiveMinutes / 1000)));
      c.header('x-error-code', 'TooManyRequests');
      const error = `more than ${requests} requests within five minutes`;
      c.header('x-error-message', error);
      return c.json({ error }, 429);
    },
  });
}
