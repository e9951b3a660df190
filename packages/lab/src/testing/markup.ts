/** Elements and attributes that report pages are made of, and nothing that runs or fetches. */
const elements = new Set(
  `html head meta title style body header main section h1 h2 h3 p span i b a ul ol li div figure figcaption svg text line
  rect circle path pre img details summary table caption thead tbody tr th td dl dt dd`.split(/\s+/),
);
const attributes = new Set(
  `lang charset name content http-equiv class style href rel src alt title role scope rowspan aria-hidden aria-label width
  height viewBox preserveAspectRatio x y x1 x2 y1 y2 dy cx cy r d text-anchor stroke-dasharray`.split(/\s+/),
);
const empty = new Set(['meta', 'img']);

/** What a strict reader finds on a page. */
export interface Markup {
  /** Names of the elements, in the order in which they begin. */
  readonly elements: readonly string[];
  readonly attributes: readonly { readonly name: string; readonly value: string }[];
  /** All text outside of style sheets, unescaped. */
  readonly text: string;
}

/**
 * Reads a page as strictly as can be: a `<` begins a known tag and nothing else, attributes are known and stand in double
 * quotes, every `&` begins one of five entities, and elements end in the order in which they began.
 * @throws Error with the place that is wrong
 */
export function readMarkup(page: string): Markup {
  const found: string[] = [];
  const values: { name: string; value: string }[] = [];
  const open: string[] = [];
  let text = '';
  const tokens =
    /<!doctype html>|<style>[^<]*<\/style>|<(\/?)([a-z][a-z0-9]*)((?: [A-Za-z-0-9]+="[^"<>]*")*)(\/?)>|[^<>]+|./gs;
  for (const token of page.matchAll(tokens)) {
    const [whole, closing, name, given, closed] = token;
    if (name === undefined) {
      if (whole === '<!doctype html>' || whole.startsWith('<style>')) continue;
      if (whole === '<' || whole === '>')
        throw new Error(`stray ${page.slice(token.index, token.index + 60)}`);
      text += unescaped(whole);
    } else if (closing) {
      if (open.pop() !== name) throw new Error(`</${name}> closes another element`);
    } else {
      if (!elements.has(name)) throw new Error(`unknown element ${whole.slice(0, 80)}`);
      found.push(name);
      for (const [, attribute, value] of given!.matchAll(/ ([A-Za-z-0-9]+)="([^"]*)"/g)) {
        if (!attributes.has(attribute!)) throw new Error(`unknown attribute ${attribute}`);
        values.push({ name: attribute!, value: unescaped(value!) });
      }
      if (!closed && !empty.has(name)) open.push(name);
    }
  }
  if (open.length > 0) throw new Error(`left open: ${open.join(', ')}`);
  return { elements: found, attributes: values, text };
}

const entities: Readonly<Record<string, string>> = {
  '&amp;': '&',
  '&lt;': '<',
  '&gt;': '>',
  '&quot;': '"',
  '&#39;': "'",
};

function unescaped(text: string): string {
  return text.replace(/&[^;&]{0,6};?/g, (entity) => {
    const known = Object.keys(entities).find((each) => entity.startsWith(each));
    if (known === undefined) throw new Error(`stray ${entity}`);
    return entities[known]! + entity.slice(known.length);
  });
}
