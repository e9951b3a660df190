import { type FeedPaper, readableText } from '@evenkeel/feed';
import { formatSigned, mainComparison } from '@evenkeel/lab';
import { findPaper } from '@evenkeel/methods/papers';
import type { Site } from '../site.js';
import { escapeMarkup } from './markup.js';

const size = { width: 1200, height: 630 };
const margin = 72;
/** Characters of a line of the title, as wide as they are on average at this size. */
const lineLength = 36;
const mostLines = 5;

const signs = { reproduced: '●', partly: '◐', 'not reproduced': '○' } as const;

/** The picture of a paper as SVG: its title, what runs, and what came of it. */
export async function pictureOf({ results }: Site, paper: FeedPaper): Promise<string> {
  const recorded = paper.slug === undefined ? undefined : await results.of(paper.slug);
  const compared = recorded && mainComparison(recorded);
  const runs = paper.slug !== undefined && findPaper(paper.slug)?.experiment !== undefined;
  const standing = recorded
    ? `${signs[recorded.verdict]} ${recorded.verdict}${compared ? `: ${compared.metric.label} ${formatSigned(compared.difference.mean, compared.metric)}` : ''}`
    : runs
      ? '▷ runs in your browser'
      : '';
  const facts = [paper.family, paper.publishedOn, paper.arxivId && `arXiv ${paper.arxivId}`]
    .filter(Boolean)
    .join('  ·  ');
  const title = linesOf(readableText(paper.title)).map(
    (line, i) =>
      `<text x="${margin}" y="${180 + 68 * i}" font-family="DejaVu Serif" font-weight="700" font-size="52" fill="#1b2430">${escapeMarkup(line)}</text>`,
  );
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${size.width}" height="${size.height}" viewBox="0 0 ${size.width} ${size.height}">
<rect width="100%" height="100%" fill="#fbfaf7"/><rect width="100%" height="12" fill="#0b5c7a"/>
<g font-family="DejaVu Sans" font-size="30">
<text x="${margin}" y="92" fill="#0b5c7a">Evenkeel: daily papers that run</text>
<text x="${margin}" y="${size.height - 104}" fill="#1b2430">${escapeMarkup(standing)}</text>
<text x="${margin}" y="${size.height - 52}" fill="#5b6470" font-size="26">${escapeMarkup(facts)}</text>
</g>
${title.join('\n')}
</svg>`;
}

/** A title in lines; what does not fit ends with an ellipsis. */
export function linesOf(title: string): string[] {
  const lines: string[] = [''];
  for (const word of title.split(' ')) {
    const line = lines.at(-1)!;
    if (line === '') lines[lines.length - 1] = word;
    else if (line.length + 1 + word.length <= lineLength) lines[lines.length - 1] = `${line} ${word}`;
    else lines.push(word);
  }
  const shown = lines.map((line) => (line.length > lineLength + 6 ? `${line.slice(0, lineLength)}…` : line));
  return shown.length <= mostLines ? shown : [...shown.slice(0, mostLines - 1), `${shown[mostLines - 1]} …`];
}
