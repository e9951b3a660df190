import type { CheerioAPI } from 'cheerio';
import type { AnyNode } from 'domhandler';

const superscripts: Readonly<Record<string, string>> = {
  ...Object.fromEntries(Array.from('0123456789').map((digit, i) => [digit, '⁰¹²³⁴⁵⁶⁷⁸⁹'[i] as string])),
  '+': '⁺',
  '−': '⁻',
  '=': '⁼',
  '(': '⁽',
  ')': '⁾',
  n: 'ⁿ',
  i: 'ⁱ',
  k: 'ᵏ',
  d: 'ᵈ',
  m: 'ᵐ',
  p: 'ᵖ',
  t: 'ᵗ',
  T: 'ᵀ',
};
const subscripts: Readonly<Record<string, string>> = {
  ...Object.fromEntries(Array.from('0123456789').map((digit, i) => [digit, '₀₁₂₃₄₅₆₇₈₉'[i] as string])),
  '+': '₊',
  '−': '₋',
  '=': '₌',
  '(': '₍',
  ')': '₎',
  ...Object.fromEntries(
    Array.from('aehijklmnoprstuvx').map((letter, i) => [
      letter,
      Array.from('ₐₑₕᵢⱼₖₗₘₙₒₚᵣₛₜᵤᵥₓ')[i] as string,
    ]),
  ),
};

/** Marks over a letter as combining characters. */
const overs: Readonly<Record<string, string>> = {
  '^': '\u0302',
  '~': '\u0303',
  ˉ: '\u0304',
  '¯': '\u0304',
  '‾': '\u0304',
  '˙': '\u0307',
  '¨': '\u0308',
  '⃗': '\u20d7',
};

const relations = /^[=<>≤≥≈∼≃≅≡≠∝→←↔⇒⇐⇔↦∈∉⊂⊆⊃⊇≪≫≺≻⊢⊨∣]$/u;

/** A formula in a line of plain text, such as `O(n²)`, `ℝᵈ` and `∑_(i=1)^n xᵢ`. */
export function readFormula($: CheerioAPI): string {
  return (
    readAll($, $('math').contents().get(), false)
      .replace(/\u2061(?=[([{⟨|∣])/gu, '')
      .replace(/\u2061/gu, ' ')
      // Script, fraktur and other letters of mathematics that many fonts lack.
      .replace(/[\u{1d400}-\u{1d7ff}]/gu, (letter) => letter.normalize('NFKC'))
      .replace(/[\s\u00a0]+/gu, ' ')
      .trim()
  );
}

const readAll = ($: CheerioAPI, nodes: readonly AnyNode[], small: boolean): string =>
  nodes.map((node) => read($, node, small)).join('');

/** @param small whether it stands in an index, where there is no room for spaces */
function read($: CheerioAPI, node: AnyNode, small: boolean): string {
  if (node.type === 'text') return node.data;
  if (node.type !== 'tag') return '';
  const parts = node.children.filter((child) => child.type === 'tag');
  const part = (index: number, inIndex = small) => (parts[index] ? read($, parts[index], inIndex) : '');
  switch (node.name) {
    case 'mo': {
      const text = $(node).text();
      return relations.test(text) && !small ? ` ${text} ` : text;
    }
    case 'mspace':
      return Number.parseFloat(node.attribs.width ?? '0') >= 0.2 ? ' ' : '';
    case 'mphantom':
      return '';
    case 'mfrac':
      return `${grouped(part(0))}/${grouped(part(1))}`;
    case 'msqrt':
      return `√${grouped(readAll($, node.children, small))}`;
    case 'mroot':
      return `${raised(part(1, true), superscripts, '^')}√${grouped(part(0))}`;
    case 'msup':
      return part(0) + raised(part(1, true), superscripts, '^');
    case 'msub':
    case 'munder':
      return part(0) + raised(part(1, true), subscripts, '_');
    case 'msubsup':
    case 'munderover':
      return part(0) + raised(part(1, true), subscripts, '_') + raised(part(2, true), superscripts, '^');
    case 'mover': {
      const [base, mark] = [part(0), part(1, true)];
      if (node.attribs.accent !== 'true') return base + raised(mark, superscripts, '^');
      const over = overs[mark];
      return over && Array.from(base).length === 1 ? (base + over).normalize('NFC') : base;
    }
    case 'mtable':
      return parts.map((row) => read($, row, small)).join('; ');
    case 'mtr':
      return parts
        .map((cell) => read($, cell, small))
        .join(' ')
        .trim();
    default:
      return readAll($, node.children, small);
  }
}

/** With parentheses where it is more than a word or number. */
const grouped = (text: string): string => (/^[\p{L}\p{N}\p{M}.]*$/u.test(text) ? text : `(${text})`);

/** An index in small characters where there are such, else behind a mark. */
function raised(text: string, small: Readonly<Record<string, string>>, mark: '^' | '_'): string {
  const plain = text.trim();
  if (/^[′*†‡∘]+$/u.test(plain)) return plain;
  const letters = Array.from(plain);
  if (letters.every((letter) => letter in small)) return letters.map((letter) => small[letter]).join('');
  return mark + grouped(plain);
}
