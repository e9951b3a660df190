import { expect, it } from 'vitest';
import { everyDay, sender } from './digest/testing/subscribers.js';
import { hostile } from './testing/hostile.js';
import { peopleFeed } from './testing/people.js';

/** What refuses a text, each for its own kind. */
const refusals = ['RangeError', 'SubscriptionError', 'ImportError', 'PeopleError'];

it.each(hostile)('%j is a text like any other, in every parameter of a feed', async (text) => {
  const { feed, join } = await peopleFeed();
  await join('ada@example.org');
  const { digest } = feed;
  const topics = { families: [text], tags: [text], searches: [text], authors: [text] };
  const before = await feed.list({ sort: 'list' });
  const tries: (() => Promise<unknown>)[] = [
    () => feed.day(text),
    () => feed.day('2025-06-01', { family: text }),
    () => feed.list({ family: text }),
    () => feed.list({ author: text, sort: 'votes' }),
    () => feed.list({ tag: text, sort: 'trending' }),
    () => feed.list({ submittedBy: text, sort: 'list' }),
    () => feed.list({ notHiddenBy: text }),
    () => feed.list({ listed: { from: text, to: text } }),
    () => feed.period('week', text),
    () => feed.period('month', text),
    () => feed.paper(text),
    () => feed.trend(text),
    () => feed.similar(text),
    () => feed.recordTrend(text, { id: text, kind: 'stars', weight: 1, at: 0 }),
    () => feed.search(text),
    () => feed.search('boats', { family: text, author: text, tag: text }),
    () => feed.search('boats', { from: text }),
    () => feed.search('boats', { slugs: [text] }),
    () => digest.subscribe({ address: text, choices: everyDay, formVersion: '1' }),
    () =>
      digest.subscribe({
        address: 'a@b.org',
        choices: { ...everyDay, topics },
        formVersion: text,
        visitor: text,
      }),
    () => digest.subscribe({ address: 'c@d.org', choices: { ...everyDay, zone: text }, formVersion: '1' }),
    () => digest.confirmation(text),
    () => digest.confirm(text),
    () => digest.subscription(text),
    () => digest.change(text, everyDay),
    () => digest.unsubscribe(text),
    () => digest.preview({ topics, trending: true }, sender),
    () => digest.returned(new TextEncoder().encode(text)),
    () => digest.allow(text),
  ];
  for (const attempt of tries) {
    await attempt().catch((error) => expect(refusals, `${attempt}: ${error}`).toContain(error.name));
  }
  expect(await feed.list({ sort: 'list' })).toEqual(before);
  expect(await feed.people.requestSignIn('ada@example.org')).toBeDefined();
});
