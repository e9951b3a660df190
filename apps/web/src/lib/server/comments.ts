import { escapeHtml, mathAttributes, mathElements, typesetFormulaAt } from '@evenkeel/feed';
import { Marked, type TokenizerAndRendererExtension } from 'marked';
import sanitize from 'sanitize-html';

/** Formulas of a comment, and characters of them, at the most. */
const mostFormulas = 100;
const mostTex = 4000;

/** Formulas of one comment: where none begins, or it is malformed, markdown goes on as usual. */
function formulas(): TokenizerAndRendererExtension {
  let room = mostTex;
  return {
    name: 'formula',
    level: 'inline',
    start: (text) => /\$|\\[([]|\\begin/.exec(text)?.index,
    tokenizer(text) {
      const formula = room > 0 ? typesetFormulaAt(text, 0) : undefined;
      if (!formula) return undefined;
      room -= Math.max(formula.length, mostTex / mostFormulas);
      return { type: 'formula', raw: text.slice(0, formula.length), html: formula.html };
    },
    renderer: ({ html }) => html as string,
  };
}

/** Markdown of one comment, in which tags are text, pictures are links, and headings are only strong. */
const markdown = () =>
  new Marked({
    gfm: true,
    breaks: true,
    async: false,
    extensions: [formulas()],
    renderer: {
      html: ({ text }) => escapeHtml(text),
      image: ({ href, text }) => `<a href="${escapeHtml(href)}">${escapeHtml(text || href)}</a>`,
      heading({ tokens }) {
        return `<p><strong>${this.parser.parseInline(tokens)}</strong></p>`;
      },
    },
  });

const mathTags = [...mathElements];

const allowed: sanitize.IOptions = {
  allowedTags: [
    'p',
    'br',
    'em',
    'strong',
    'del',
    'code',
    'pre',
    'blockquote',
    'ul',
    'ol',
    'li',
    'a',
    'hr',
    ...mathTags,
  ],
  allowedAttributes: {
    a: ['href', 'rel'],
    ol: ['start'],
    ...Object.fromEntries(mathTags.map((tag) => [tag, [...mathAttributes]])),
  },
  allowedSchemes: ['http', 'https', 'mailto'],
  allowProtocolRelative: false,
  transformTags: { a: sanitize.simpleTransform('a', { rel: 'nofollow ugc noopener noreferrer' }) },
};

/** A comment as HTML that can do no harm. */
export const commentHtml = (text: string): string => sanitize(markdown().parse(text) as string, allowed);
