const controls = /[\p{Cc}\p{Cs}]/gu;
const invisible = /[\u00ad\u200b\u202a-\u202e\u2060\u2066-\u2069\ufeff]/gu;

/**
 * One line of plain text: control characters and lone surrogates become spaces, invisible and
 * direction-changing characters go, runs of white space become one space.
 */
export function cleanLine(text: string): string {
  return text.replace(controls, ' ').replace(invisible, '').replace(/\s+/gu, ' ').trim();
}

/** The first `limit` characters of a text, never half a character. */
export function cut(text: string, limit: number): string {
  return text.length <= limit
    ? text
    : Array.from(text.slice(0, 2 * limit))
        .slice(0, limit)
        .join('');
}

/** An address of the web as a browser would write it; anything else a source gave leads nowhere. */
export function webAddress(text: string | undefined): string | undefined {
  if (!text || text.length > 500 || !URL.canParse(text)) return undefined;
  const { protocol, href } = new URL(text);
  return protocol === 'https:' || protocol === 'http:' ? href : undefined;
}

/** Text as HTML carries it, in elements and in attributes. */
export const escapeHtml = (text: string): string =>
  text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;');
