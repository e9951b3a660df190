/** Numbers from 0 to 1 in no order, the same each time (mulberry32). */
export function drawer(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const syllables =
  'ba be bo da de di fa fe ga go ka ke ki la le lo ma me mi na ne no pa pe ra re ri sa se so ta te ti va ve zo tor mer lin ral gen tis ver nal'.split(
    ' ',
  );
const topics = 300;
const wordsPerTopic = 60;

/** Made-up words, common ones first. */
function makeWords(count: number, draw: () => number): string[] {
  const words = new Set<string>();
  while (words.size < count) {
    const parts = 2 + Math.floor(draw() * 3);
    words.add(
      Array.from({ length: parts }, () => syllables[Math.floor(draw() * syllables.length)]!).join(''),
    );
  }
  return [...words];
}

export interface MadePaper {
  readonly id: string;
  readonly title: string;
  readonly summary: string;
  readonly authors: readonly { readonly name: string }[];
  readonly publishedAt: string;
}

export interface MadeCorpus {
  readonly papers: readonly MadePaper[];
  /** Words of all texts, those of most papers first. */
  readonly common: readonly string[];
  /** Words of each topic. */
  readonly topics: readonly (readonly string[])[];
}

/** Papers of 10 words of title and 150 of abstract about two topics each, with common words between. */
export function makeCorpus(count: number, seed = 1): MadeCorpus {
  const draw = drawer(seed);
  const words = makeWords(2000 + topics * wordsPerTopic, draw);
  const common = words.slice(0, 2000);
  const topicWords = Array.from({ length: topics }, (_, topic) =>
    words.slice(2000 + topic * wordsPerTopic, 2000 + (topic + 1) * wordsPerTopic),
  );
  // Few words are frequent and most are rare, in a topic as in a language.
  const pick = (from: readonly string[]): string => from[Math.floor(draw() ** 3 * from.length)]!;
  const papers = Array.from({ length: count }, (_, index) => {
    const own = [0, 0].map(() => topicWords[Math.floor(draw() * topics)]!);
    const write = (length: number) =>
      Array.from({ length }, () => pick(draw() < 0.45 ? own[draw() < 0.7 ? 0 : 1]! : common)).join(' ');
    return {
      id: `${2001 + Math.floor(index / 9000) * 100}.${String(10_000 + (index % 9000))}`,
      title: `${write(9)} ${index}`,
      summary: `${write(75)}. ${write(75)}.`,
      authors: [0, 1, 2].map(() => ({ name: `${pick(common)} ${pick(words)}` })),
      publishedAt: new Date(Date.UTC(2020, 0, 1 + (index % 1500))).toISOString(),
    };
  });
  return { papers, common, topics: topicWords };
}
