import { escapeHtml } from '@evenkeel/feed';
import { Marked } from 'marked';

/** The pages of `docs/` by their path there, read when they are asked for. */
const sources = import.meta.glob<string>('../../../../../docs/{*,guide/*}.md', {
  query: '?raw',
  import: 'default',
});

const pictures = import.meta.glob<string>('../../../../../docs/images/*.{svg,png}', {
  query: '?url',
  import: 'default',
  eager: true,
});

const folder = '../../../../../docs/';

/** A page of the documentation. */
export interface Documentation {
  readonly title: string;
  readonly html: string;
}

/** @param page its path in `docs/` without the ending, such as `guide/training`; empty: the contents. Undefined: there is none. */
export async function documentationOf(page: string): Promise<Documentation | undefined> {
  const path = `${page || 'README'}.md`;
  const read = sources[folder + path];
  if (!read) return undefined;
  const text = await read();
  const title = /^# (.+)$/m.exec(text)?.[1] ?? page;
  return { title: title.replaceAll('`', ''), html: markdownAt(path).parse(text) as string };
}

/** Markdown of the page at a path of `docs/`; of other files nothing is linked here. */
function markdownAt(path: string): Marked {
  const place = (href: string) => new URL(href, `docs:/${path}`).pathname.slice(1);
  const pictureAt = (href: string) => pictures[folder + place(href)] ?? '';
  return new Marked({
    gfm: true,
    async: false,
    renderer: {
      heading({ tokens, depth, text }) {
        return `<h${depth} id="${idOf(text)}">${this.parser.parseInline(tokens)}</h${depth}>\n`;
      },
      link({ href, tokens }) {
        const words = this.parser.parseInline(tokens);
        if (/^https?:/.test(href))
          return `<a href="${escapeHtml(href)}" rel="external noreferrer">${words}</a>`;
        if (href.startsWith('#')) return `<a href="${escapeHtml(href)}">${words}</a>`;
        const [target, fragment = ''] = href.split(/(?=#)/) as [string, string?];
        if (!(folder + place(target) in sources)) return words;
        const address = `/docs/${place(target).replace(/\.md$/, '')}`.replace(/\/README$/, '');
        return `<a href="${escapeHtml(address + fragment)}">${words}</a>`;
      },
      image: ({ href, text }) => `<img src="${pictureAt(href)}" alt="${escapeHtml(text)}">`,
      html: ({ text }) =>
        text.replace(
          /(src|srcset)="([^"]+)"/g,
          (_, name: string, href: string) => `${name}="${pictureAt(href)}"`,
        ),
      code: ({ text }) => `<pre tabindex="0"><code>${escapeHtml(text)}</code></pre>\n`,
      table(token) {
        const cells = (row: typeof token.header, tag: 'th' | 'td') =>
          `<tr>${row.map(({ tokens }) => `<${tag}>${this.parser.parseInline(tokens)}</${tag}>`).join('')}</tr>`;
        return `<div class="scroll" tabindex="0"><table><thead>${cells(token.header, 'th')}</thead><tbody>${token.rows.map((row) => cells(row, 'td')).join('')}</tbody></table></div>\n`;
      },
    },
  });
}

/** As links within a page name a heading. */
const idOf = (heading: string): string =>
  heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s-]/gu, '')
    .trim()
    .replace(/\s+/g, '-');
