import { escapeHtml } from '../text.js';
import type { Letter, Told } from './letter.js';

const link = (address: string, words: string): string =>
  `<a href="${escapeHtml(address)}">${escapeHtml(words)}</a>`;

// In the head for programs that read it; what they leave out is the look, not the text.
const style = `
:root { color-scheme: light dark; }
body { margin: 0; padding: 24px 16px; background: #fbfbf9; color: #17212b; font: 16px/1.5 system-ui, -apple-system, 'Segoe UI', Roboto, sans-serif; }
main { max-width: 640px; margin: 0 auto; }
h1, h2, h3 { font-family: Charter, Georgia, serif; line-height: 1.25; }
h1 { margin: 0 0 4px; font-size: 24px; }
h2 { margin: 40px 0 0; font-size: 20px; }
article h2, article h3 { margin: 0; font-size: 18px; }
article { margin: 24px 0 0; padding: 16px 0 0; border-top: 1px solid #dfe3e6; }
p { margin: 4px 0 0; }
a { color: #0a5f78; }
.quiet, footer { color: #55616d; font-size: 14px; }
footer { margin: 40px 0 0; padding: 16px 0 0; border-top: 2px solid #0a5f78; }
@media (prefers-color-scheme: dark) {
  body { background: #10161b; color: #e3e8ec; }
  article { border-color: #2b3640; }
  a { color: #6cc4dc; }
  .quiet, footer { color: #9eabb6; }
}`;

/** The mail as HTML: no pictures, no scripts, nothing from elsewhere. */
export function renderHtml(letter: Letter): string {
  const { heading, name, lead, papers, more, searches, footer } = letter;
  const sections = searches.map(
    ({ query, address, papers: hits }) =>
      `<h2>New for your search ${link(address, `“${query}”`)}</h2>\n${hits.map((paper) => paperHtml(paper, 'h3')).join('\n')}`,
  );
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${escapeHtml(heading)}</title>
<style>${style}
</style>
</head>
<body>
<main>
<p class="quiet">${escapeHtml(name)}</p>
<h1>${escapeHtml(heading)}</h1>
<p class="quiet">${escapeHtml(lead)}</p>
${papers.map((paper) => paperHtml(paper, 'h2')).join('\n')}
${more ? `<p class="quiet">${link(more.address, more.words)}</p>` : ''}
${sections.join('\n')}
<footer>
<p>${escapeHtml(footer.why)}</p>
<p>${link(footer.preferences, 'Change what you get')} · ${link(footer.unsubscribe, 'Unsubscribe')}</p>
<p>${escapeHtml(footer.controller)}</p>
</footer>
</main>
</body>
</html>
`;
}

function paperHtml({ title, reason, summary, authors, remark, links }: Told, heading: 'h2' | 'h3'): string {
  const [page, ...others] = links;
  const lines = [
    `<${heading}>${page ? link(page.address, title) : escapeHtml(title)}</${heading}>`,
    `<p class="quiet">${escapeHtml(reason)}</p>`,
    remark && `<p><strong>${escapeHtml(remark)}</strong></p>`,
    summary && `<p>${escapeHtml(summary)}</p>`,
    authors && `<p class="quiet">${escapeHtml(authors)}</p>`,
    others.length > 0 &&
      `<p class="quiet">${others.map(({ name, address }) => link(address, name)).join(' · ')}</p>`,
  ];
  return `<article>\n${lines.filter(Boolean).join('\n')}\n</article>`;
}
