import { drawer, type MadeCorpus } from './corpus.js';

/** A query for some paper of a corpus, by numbers from 0 to 1 in no order. */
export type MakeQuery = (corpus: MadeCorpus, draw: () => number) => string;

export const anyOf = <Value>(values: readonly Value[], draw: () => number): Value =>
  values[Math.floor(draw() * values.length)]!;

/** Words of one topic, the frequent ones more often. */
export const topicWords =
  (count: number): MakeQuery =>
  ({ topics }, draw) => {
    const topic = anyOf(topics, draw);
    return Array.from({ length: count }, () => topic[Math.floor(draw() ** 2 * topic.length)]!).join(' ');
  };

/** A word with two of its letters swapped. */
export function misspelt(word: string, draw: () => number): string {
  const at = 1 + Math.floor(draw() * (word.length - 2));
  return `${word.slice(0, at)}${word[at + 1]}${word[at]}${word.slice(at + 2)}`;
}

/** Queries of one kind, the same each time. */
export function queriesOf(corpus: MadeCorpus, make: MakeQuery, count: number): string[] {
  const draw = drawer(7);
  return Array.from({ length: count }, () => make(corpus, draw));
}
