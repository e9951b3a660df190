import { cleanLine, cut } from '../text.js';
import { SubscriptionError } from './errors.js';
import { isZone } from './schedule.js';
import type { SubscriberTable } from './tables.js';
import type { Choices, Topics } from './types.js';

/** How many of each kind, and how long each. */
const limits = {
  families: { count: 40, length: 60 },
  tags: { count: 40, length: 100 },
  authors: { count: 40, length: 200 },
  searches: { count: 5, length: 250 },
} as const;

export const noTopics: Topics = { families: [], tags: [], authors: [], searches: [] };

/** Topics as they are kept: single lines, none twice, none too many. @throws SubscriptionError where they are too many */
export function cleanTopics(topics: Topics): Topics {
  const clean = (kind: keyof Topics) => {
    const { count, length } = limits[kind];
    const lines = topics[kind].map((text) => cut(cleanLine(text), length)).filter((text) => text !== '');
    const different = [...new Set(lines)];
    if (different.length > count) {
      throw new SubscriptionError(`${kind}: got ${different.length}, expected at most ${count}`);
    }
    return different;
  };
  return {
    families: clean('families'),
    tags: clean('tags'),
    authors: clean('authors'),
    searches: clean('searches'),
  };
}

/** Columns of a subscriber from its choices. @throws SubscriptionError for choices that cannot be */
export function choiceColumns(choices: Choices) {
  const { frequency, weekday, hour, zone, weekends, onlyNew, trending, topics } = choices;
  if (frequency !== 'day' && frequency !== 'week') {
    throw new SubscriptionError('how often: expected day or week');
  }
  refuseOutside('day of the week', weekday, 1, 7);
  refuseOutside('hour', hour, 0, 23);
  if (!isZone(zone)) throw new SubscriptionError('time zone: expected a name such as Europe/Berlin');
  return {
    frequency,
    weekday,
    hour,
    zone,
    weekends: Number(weekends),
    only_new: Number(onlyNew),
    trending: Number(trending),
    topics: JSON.stringify(cleanTopics(topics)),
  };
}

function refuseOutside(name: string, value: number, least: number, most: number): void {
  if (Number.isInteger(value) && value >= least && value <= most) return;
  throw new SubscriptionError(`${name}: expected a whole number from ${least} to ${most}`);
}

export function choicesOf(
  row: Pick<
    SubscriberTable,
    'frequency' | 'weekday' | 'hour' | 'zone' | 'weekends' | 'only_new' | 'trending' | 'topics'
  >,
): Choices {
  const { frequency, weekday, hour, zone, weekends, only_new, trending, topics } = row;
  return {
    frequency,
    weekday,
    hour,
    zone,
    weekends: weekends === 1,
    onlyNew: only_new === 1,
    trending: trending === 1,
    // Kinds of topics that came later are missing in older rows.
    topics: { ...noTopics, ...(JSON.parse(topics) as Partial<Topics>) },
  };
}
