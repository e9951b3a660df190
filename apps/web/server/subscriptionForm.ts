import type { Choices, Topics } from '@evenkeel/feed';

const texts = (form: FormData, name: string): string[] =>
  form.getAll(name).filter((value): value is string => typeof value === 'string');

const number = (form: FormData, name: string): number => Number(texts(form, name)[0] ?? Number.NaN);

/** Parts of a text, between commas or lines. */
const parts = (text: string, between: RegExp): string[] =>
  text
    .split(between)
    .map((part) => part.trim())
    .filter((part) => part !== '');

/** Topics of a form, or of an address: `family` each, `tags` between commas, `authors` and `searches` a line each. */
export const topicsFrom = (form: FormData): Topics => ({
  families: texts(form, 'family'),
  tags: texts(form, 'tags').flatMap((text) => parts(text, /,/)),
  authors: texts(form, 'authors').flatMap((text) => parts(text, /\r?\n/)),
  searches: texts(form, 'searches').flatMap((text) => parts(text, /\r?\n/)),
});

/** What was chosen in a form; whether it can be is for the feed to say. */
export const choicesFrom = (form: FormData): Choices => ({
  frequency: (texts(form, 'frequency')[0] ?? '') as Choices['frequency'],
  weekday: number(form, 'weekday'),
  hour: number(form, 'hour'),
  zone: texts(form, 'zone')[0] ?? '',
  weekends: form.has('weekends'),
  onlyNew: form.has('onlyNew'),
  trending: form.has('trending'),
  topics: topicsFrom(form),
});
