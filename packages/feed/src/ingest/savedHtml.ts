import { load } from 'cheerio';
import { ImportError } from '../errors.js';
import { parseArxivId } from '../identifiers.js';
import { cleanLine } from '../text.js';
import type { Problem } from '../types.js';
import { type DailyItem, parseDailyPapers } from './dailyPapers.js';

export const isHtml = (text: string): boolean =>
  /^\s*(?:<!--[\s\S]*?-->\s*)*<(?:!doctype html|html)/i.test(text);

/**
 * Reads a daily-papers page saved as HTML: the data that it was drawn from, else the links to its papers.
 * @throws ImportError for a page without papers
 */
export function parseSavedHtml(html: string): { items: DailyItem[]; problems: Problem[]; date?: string } {
  const page = load(html);
  const properties = page('[data-target="DailyPapers"]').attr('data-props');
  if (properties !== undefined) {
    const date = /"dateString"\s*:\s*"(\d{4}-\d{2}-\d{2})/.exec(properties)?.[1];
    return { ...parseDailyPapers(properties), ...(date && { date }) };
  }
  const items = new Map<string, DailyItem>();
  page('a[href*="/papers/"]').each((_, link) => {
    const arxivId = parseArxivId(/\/papers\/([^?#]+)/.exec(page(link).attr('href') ?? '')?.[1] ?? '');
    const title = cleanLine(page(link).text());
    if (arxivId && title.length > 3 && !items.has(arxivId))
      items.set(arxivId, { record: { arxivId, title } });
  });
  if (items.size === 0)
    throw new ImportError('saved page: got HTML without papers, expected a daily-papers page');
  return { items: [...items.values()], problems: [] };
}
