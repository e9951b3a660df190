import { createHash } from 'node:crypto';
import { SubscriptionError } from '@evenkeel/feed';
import { type Context, Hono } from 'hono';
import { ApiError } from '../apiError.js';
import { senderOf } from '../mail.js';
import { baseOf, type Site } from '../site.js';
import { topicsFrom } from '../subscriptionForm.js';
import { plainPage } from '../text/plainPage.js';

/** Answers with a page whose only style is its own, and which nobody keeps, finds or learns of. */
function answerPage(c: Context, page: string, status: 200 | 404 = 200): Response {
  const style = /<style>([\s\S]*?)<\/style>/.exec(page)?.[1] ?? '';
  const hash = createHash('sha256').update(style).digest('base64');
  c.header(
    'content-security-policy',
    `default-src 'none'; style-src 'sha256-${hash}'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'`,
  );
  c.header('cache-control', 'no-store');
  c.header('referrer-policy', 'no-referrer');
  c.header('x-robots-tag', 'noindex');
  return c.html(page, status);
}

/**
 * The link of every issue that ends a subscription. `POST` does, as mail programs send it (RFC 8058): without cookies,
 * without `Origin`, and without being shown anything. `GET` only shows a button, since programs follow links.
 */
export function unsubscribeRoutes({ feed }: Site): Hono {
  const routes = new Hono();
  const unknown = (c: Context) =>
    answerPage(
      c,
      plainPage(
        'This link is incomplete',
        'It should be as long as the one in the mail. Nothing has changed.',
      ),
      404,
    );
  routes.get('/u/:token', async (c) => {
    if (!(await feed.digest.mayUnsubscribe(c.req.param('token')))) return unknown(c);
    const words = 'No more papers will come by mail, and your address is deleted.';
    return answerPage(c, plainPage('Unsubscribe', words, { button: 'Unsubscribe' }));
  });
  routes.post('/u/:token', async (c) => {
    if (!(await feed.digest.unsubscribe(c.req.param('token')))) return unknown(c);
    return answerPage(
      c,
      plainPage('You are unsubscribed', 'No more papers come by mail, and your address is deleted.'),
    );
  });
  return routes;
}

/** What a subscriber would read today, for the topics of an address or of a form. */
export function previewRoutes(site: Site): Hono {
  const routes = new Hono();
  const show = async (c: Context, form: FormData, trending: boolean) => {
    const sender = senderOf(site.mail?.settings, baseOf(site, c), site.results);
    try {
      const { html } = await site.feed.digest.preview({ topics: topicsFrom(form), trending }, sender);
      return answerPage(c, html);
    } catch (error) {
      if (error instanceof SubscriptionError) throw new ApiError(400, 'BadRequest', error.message);
      throw error;
    }
  };
  routes.get('/digest/preview', (c) => {
    const form = new FormData();
    for (const [name, value] of new URL(c.req.url).searchParams) form.append(name, value);
    return show(c, form, true);
  });
  routes.post('/digest/preview', async (c) => {
    const form = await c.req.formData().catch(() => undefined);
    if (!form) throw new ApiError(400, 'BadRequest', 'body: expected a form');
    return show(c, form, form.has('trending'));
  });
  return routes;
}
