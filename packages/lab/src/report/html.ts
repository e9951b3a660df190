/** Markup that is safe to put into a page: made by `html`, which escapes everything else. */
export class Html {
  constructor(readonly markup: string) {}
}

/** What may stand between markup; text is escaped, and nothing stands for `undefined`. */
export type Content = Html | string | number | undefined | readonly Content[];

/** Markup from a template. Values may stand between tags and in attributes inside double quotes. */
export function html(template: TemplateStringsArray, ...values: readonly Content[]): Html {
  return new Html(template.reduce((markup, part, i) => markup + markupOf(values[i - 1]) + part));
}

function markupOf(content: Content): string {
  if (content instanceof Html) return content.markup;
  if (content === undefined) return '';
  if (typeof content === 'string') return escaped(content);
  if (typeof content === 'number') return String(content);
  return content.map(markupOf).join('');
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Text as markup. Control characters other than tabs and ends of lines, which pages may not hold, are marked as lost. */
function escaped(text: string): string {
  const allowed = text.replace(/(?![\t\n])\p{Cc}/gu, '\ufffd');
  return allowed.replace(/[&<>"']/g, (character) => entities[character]!);
}
