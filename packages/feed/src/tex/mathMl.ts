import { type CheerioAPI, load } from 'cheerio';
import katex from 'katex';
import { letterIn } from './alphabets.js';
import type { Formula } from './formulas.js';

/** Elements and attributes of MathML that come through: no links, no classes, no styles, no colours. */
export const mathElements: ReadonlySet<string> = new Set(
  'math mrow mi mn mo ms mtext mspace mfrac msqrt mroot mstyle mpadded mphantom menclose msub msup msubsup munder mover munderover mmultiscripts mtable mtr mtd'.split(
    ' ',
  ),
);
export const mathAttributes: ReadonlySet<string> = new Set(
  'xmlns display mathvariant stretchy fence separator form lspace rspace width height depth voffset columnalign columnspacing rowspacing columnlines rowlines scriptlevel displaystyle accent accentunder linethickness minsize maxsize notation largeop movablelimits'.split(
    ' ',
  ),
);

/** Characters of the MathML of one formula at the most. */
const longestMarkup = 50_000;

/** By it a command is recognised that KaTeX has refused. */
const refusedColor = '#facade';

/** A formula as MathML, of harmless elements only; undefined where it is none that KaTeX reads. */
export function mathMlOf({ tex, display }: Pick<Formula, 'tex' | 'display'>): CheerioAPI | undefined {
  const markup = render(tex, display);
  if (markup === undefined || markup.length > longestMarkup) return undefined;
  const $ = load(markup, { xml: true }, false);
  $('annotation').remove();
  const math = $('math');
  $('semantics').each((_, semantics) => void $(semantics).replaceWith($(semantics).contents()));
  if ($(`[mathcolor="${refusedColor}"]`).length > 0) return undefined;
  for (const element of math.find('*').get()) {
    if (!mathElements.has(element.name)) return undefined;
    const alphabet = element.attribs.mathvariant;
    if (alphabet && element.children.length === 1) {
      const letters = Array.from($(element).text(), (letter) => letterIn(alphabet, letter)).join('');
      if (letters !== $(element).text()) {
        $(element).text(letters);
        element.attribs.mathvariant = 'normal';
      }
    }
    for (const name of Object.keys(element.attribs)) {
      if (!mathAttributes.has(name)) delete element.attribs[name];
    }
  }
  // An operator between words has nothing to keep a distance from: 1.5× and ∼90.
  $('math > mrow > mo:only-child').attr({ lspace: '0', rspace: '0' });
  $.root().empty().append(math);
  return $;
}

/** A formula that defines commands could make much of little. */
const definitions = /\\(?:[egx]?def|(?:re)?newcommand|providecommand|let|futurelet)(?![A-Za-z])/;

function render(tex: string, displayMode: boolean): string | undefined {
  if (definitions.test(tex)) return undefined;
  try {
    return katex.renderToString(tex, {
      displayMode,
      output: 'mathml',
      trust: false,
      strict: 'ignore',
      throwOnError: true,
      errorColor: refusedColor,
      maxExpand: 200,
      maxSize: 20,
    });
  } catch {
    // What is malformed, too deep or too long is shown as it was written.
    return undefined;
  }
}
