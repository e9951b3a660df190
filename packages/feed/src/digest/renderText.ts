import type { Letter, Told } from './letter.js';

/** The mail as plain text. */
export function renderText(letter: Letter): string {
  const { heading, name, lead, papers, more, searches, footer } = letter;
  const parts = [
    `${name}: ${heading}`,
    lead,
    ...papers.map(paperText),
    more && `${more.words}: ${more.address}`,
    ...searches.flatMap(({ query, address, papers: hits }) => [
      `New for your search “${query}”: ${address}`,
      ...hits.map(paperText),
    ]),
    [
      // By this line mail programs know where a signature begins.
      '-- ',
      footer.why,
      `Change what you get: ${footer.preferences}`,
      `Unsubscribe: ${footer.unsubscribe}`,
      footer.controller,
    ].join('\n'),
  ];
  return `${parts.filter(Boolean).join('\n\n')}\n`;
}

function paperText({ title, reason, summary, authors, remark, links }: Told): string {
  const lines = [title, reason, remark, summary, authors];
  return [...lines.filter(Boolean), ...links.map(({ name, address }) => `${name}: ${address}`)].join('\n');
}
