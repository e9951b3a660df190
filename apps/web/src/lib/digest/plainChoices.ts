import type { Choices } from '@evenkeel/feed';

/** What the form offers first. */
export const usualChoices: Choices = {
  frequency: 'day',
  weekday: 1,
  hour: 8,
  zone: 'UTC',
  weekends: false,
  onlyNew: true,
  trending: true,
  topics: { families: [], tags: [], authors: [], searches: [] },
};
