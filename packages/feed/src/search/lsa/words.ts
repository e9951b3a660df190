import { stemmer } from 'stemmer';

/** Words that stand in every text and tell nothing of it. */
const stopWords = new Set(
  `a about after all also an and any are as at be because been before being between both but by can could did do does
  each few for from further had has have having how however i if in into is it its itself just may more most much must no
  nor not now of off on once one only or other our out over own per same she should so some such than that the their them
  then there these they this those through to too two under until up use used uses using very via was we were what when
  where which while who whose why will with within without would you your`.split(/\s+/),
);

/** Whether a word tells nothing of a text by itself. */
export const isCommon = (word: string): boolean => stopWords.has(word.toLowerCase());

const longestWord = 40;

/** What a text is made of for comparing meanings: stems of its words, without those that stand everywhere. */
export function wordsOf(text: string): string[] {
  const words =
    text
      .toLowerCase()
      .normalize('NFKD')
      .replace(/\p{M}/gu, '')
      .match(/[\p{L}\p{N}]+/gu) ?? [];
  return words
    .filter(
      (word) => word.length > 1 && word.length <= longestWord && !stopWords.has(word) && !/^\d+$/.test(word),
    )
    .map((word) => stemmer(word));
}
