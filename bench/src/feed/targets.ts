import { drawer, type MadeCorpus } from '../search/corpus.js';
import { anyOf, type MakeQuery, misspelt, queriesOf, topicWords } from '../search/queries.js';
import { dayBefore } from './fill.js';

/** What visitors and programs ask for: addresses of one kind each. */
export interface Target {
  readonly name: string;
  readonly paths: readonly string[];
}

/** Addresses of each kind: so many that they differ, and few enough that some are asked again. */
const count = 200;

const rare: MakeQuery = ({ topics }, draw) => {
  const topic = anyOf(topics, draw);
  return [0, 1].map(() => topic[40 + Math.floor(draw() * (topic.length - 40))]!).join(' ');
};
const common: MakeQuery = (corpus, draw) =>
  [0, 1].map(() => anyOf(corpus.common.slice(0, 5), draw)).join(' ');
const typo: MakeQuery = (corpus, draw) => misspelt(topicWords(1)(corpus, draw), draw);

/** The addresses of a site with a corpus; its last paper is the newest. */
export function targetsOf(corpus: MadeCorpus): Target[] {
  const search = (make: MakeQuery) => queriesOf(corpus, make, count).map(encodeURIComponent);
  const draw = drawer(5);
  const days = Array.from({ length: 100 }, (_, index) => dayBefore(index));
  const ids = Array.from({ length: count }, () => anyOf(corpus.papers, draw).id);
  const pages = Array.from({ length: count }, (_, index) => index);
  return [
    { name: 'list of a day', paths: days.map((day) => `/papers/date/${day}`) },
    {
      name: 'list of a week',
      paths: ['/papers/week/2025-W45', '/papers/week/2025-W46', '/papers/week/2025-W47'],
    },
    {
      name: 'list of a month',
      paths: ['/papers/month/2025-09', '/papers/month/2025-10', '/papers/month/2025-11'],
    },
    { name: 'trending', paths: ['/papers/trending', '/papers/trending?page=2'] },
    { name: 'tag', paths: corpus.common.slice(0, 20).map((tag) => `/tags/${tag}`) },
    { name: 'paper', paths: ids.map((id) => `/papers/${id}`) },
    { name: 'search, rare words', paths: search(rare).map((query) => `/search?q=${query}`) },
    { name: 'search, common words', paths: search(common).map((query) => `/search?q=${query}`) },
    { name: 'search, misspelt word', paths: search(typo).map((query) => `/search?q=${query}`) },
    { name: 'search, as you type', paths: typing(corpus) },
    { name: 'API, list of a day', paths: days.map((day) => `/api/daily_papers?date=${day}`) },
    { name: 'API, newest', paths: pages.map((page) => `/api/papers?cursor=${50 * page}`) },
    {
      name: 'API, search',
      paths: search(topicWords(3)).map((query) => `/api/papers/search?q=${query}&limit=20`),
    },
    { name: 'API, paper', paths: ids.map((id) => `/api/papers/${id}`) },
    { name: 'feed', paths: ['/feeds/daily.atom', '/feeds/newest.json'] },
  ];
}

/** What the search page asks for letter by letter, while two words are typed. */
export function typing(corpus: MadeCorpus): string[] {
  return queriesOf(corpus, topicWords(2), count / 10).flatMap((query) =>
    Array.from(query, (_, index) => query.slice(0, index + 1).trim()).map(
      (begun) => `/search/__data.json?q=${encodeURIComponent(begun)}&x-sveltekit-invalidated=01`,
    ),
  );
}
