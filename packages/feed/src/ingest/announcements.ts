import { ImportError } from '../errors.js';
import { parseArxivId } from '../identifiers.js';
import type { Problem } from '../types.js';
import { childrenOf, parseXml, textIn, type XmlNode } from './xml.js';

/**
 * Reads the ids, without versions, that a day's RSS of arXiv announces: new papers, those of other categories too, and
 * new versions. There are none at weekends.
 * @throws ImportError for another document
 */
export function parseAnnouncements(document: string): { ids: string[]; problems: Problem[] } {
  const rss = parseXml(document, 'arXiv RSS');
  const [channel] = childrenOf(rss, 'channel');
  if (rss.name !== 'rss' || !channel)
    throw new ImportError(`arXiv RSS: got <${rss.name}>, expected an RSS feed`);
  const ids = new Set<string>();
  const problems: Problem[] = [];
  childrenOf(channel, 'item').forEach((item, index) => {
    const id = idOf(item);
    if (id) ids.add(id);
    else problems.push({ line: index + 1, message: 'has no arXiv id' });
  });
  return { ids: [...ids], problems };
}

/** The description begins `arXiv:2512.00001v1 Announce Type: new`; the guid is `oai:arXiv.org:2512.00001v1`. */
function idOf(item: XmlNode): string | undefined {
  const [, said] = /^arxiv:\s*(\S+)/i.exec(textIn(item, 'description') ?? '') ?? [];
  const guid = (textIn(item, 'guid') ?? '').replace(/^oai:arxiv\.org:/i, '');
  return parseArxivId(said ?? '') ?? parseArxivId(guid) ?? parseArxivId(textIn(item, 'link') ?? '');
}
