/** Marks that TeX sets upon a letter, by its command: the combining character. */
const accents: Readonly<Record<string, string>> = {
  '`': '\u0300',
  "'": '\u0301',
  '^': '\u0302',
  '~': '\u0303',
  '=': '\u0304',
  u: '\u0306',
  '.': '\u0307',
  '"': '\u0308',
  r: '\u030a',
  H: '\u030b',
  v: '\u030c',
  d: '\u0323',
  c: '\u0327',
  k: '\u0328',
  b: '\u0331',
};

const letters: Readonly<Record<string, string>> = {
  aa: 'å',
  AA: 'Å',
  ae: 'æ',
  AE: 'Æ',
  oe: 'œ',
  OE: 'Œ',
  o: 'ø',
  O: 'Ø',
  l: 'ł',
  L: 'Ł',
  ss: 'ß',
  i: 'ı',
  j: 'ȷ',
  dh: 'ð',
  DH: 'Ð',
  th: 'þ',
  TH: 'Þ',
  dj: 'đ',
  DJ: 'Đ',
  S: '§',
  P: '¶',
  copyright: '©',
  pounds: '£',
  dots: '…',
  ldots: '…',
  textendash: '–',
  textemdash: '—',
  textregistered: '®',
  texttrademark: '™',
  textasciitilde: '~',
  textbackslash: '\\',
  textquoteright: '’',
  TeX: 'TeX',
  LaTeX: 'LaTeX',
};

/** Commands of which only the words in their braces are kept. */
const wrappers =
  /\\(?:emph|underline|uline|text(?:it|bf|tt|sc|sf|rm|up|md|sl|normal|superscript|subscript)?|mbox|url|enquote)\s*\{([^{}]*)\}/g;
/** Switches: `{\it words}` is words in a group. */
const groups =
  /\{\s*\\(?:it|bf|em|tt|sc|sf|rm|sl|itshape|bfseries|ttfamily|scshape|sffamily|small|large)(?![A-Za-z])\s*([^{}]*)\}/g;
const links = /\\href\s*\{[^{}]*\}\s*\{([^{}]*)\}/g;
/** Commands in commands, so often at the most. */
const deepest = 4;

const symbolAccent = /\{?\\([`'^"~=.])\s*(?:\{(\\[ij]|\p{L})\}|(\\[ij](?![A-Za-z])|\p{L}))\}?/gu;
const letterAccent = /\{?\\([uvHcdbkr])(?:\s*\{(\\[ij]|\p{L})\}|\s+(\p{L}))\}?/gu;
const namedLetter = new RegExp(
  `\\{?\\\\(${Object.keys(letters).join('|')})(?![A-Za-z])(?:\\{\\}|\\s+(?=\\w)|(?=\\W|$))\\}?`,
  'g',
);

/** What words of a text, without its formulas, stand for: `90\%`, `{\'e}`, `\emph{x}`, `--` and the like as one reads them. */
export function readProse(text: string): string {
  if (!/[\\~`]|--/.test(text)) return text;
  return readDashes(readCommands(text));
}

function readCommands(text: string): string {
  if (!text.includes('\\')) return text;
  let read = text;
  // Twice, since a letter may have two.
  for (let times = 0; times < 2; times++)
    read = read.replace(letterAccent, accented).replace(symbolAccent, accented);
  read = read.replace(namedLetter, (whole, name: string) => unbraced(whole, letters[name] as string));
  for (let depth = 0; depth < deepest; depth++) {
    const inner = read.replace(links, '$1').replace(wrappers, '$1').replace(groups, '$1');
    if (inner === read) break;
    read = inner;
  }
  return read
    .replace(/\\([%&#_${}])/g, '$1')
    .replace(/\\\\(?:\s|$)/g, ' ')
    .replace(/\\[ ,;:!](?=\s|\w|$)/g, ' ')
    .replace(/\\[/-](?=\p{L})/gu, '');
}

function accented(whole: string, mark: string, inBraces?: string, bare?: string): string {
  const letter = (inBraces ?? bare ?? '').replace('\\', '');
  return unbraced(whole, (letter + accents[mark]).normalize('NFC'));
}

/** Keeps a brace of which the other half stands elsewhere. */
function unbraced(whole: string, letter: string): string {
  const opened = whole.startsWith('{');
  // A pair that holds the letter alone ends the whole as well.
  const pairs = (whole.match(/\{/g)?.length ?? 0) - (whole.match(/\}/g)?.length ?? 0);
  return (opened && pairs > 0 ? '{' : '') + letter + (pairs < 0 ? '}' : '');
}

/** Dashes, quotation marks and spaces that do not break; options such as `--help` and `~5` stay. */
function readDashes(text: string): string {
  const quoted = text.includes('``') ? text.replace(/``/g, '“').replace(/(?<=\S)''/g, '”') : text;
  return quoted
    .replace(/---/g, '—')
    .replace(/(?<=\S)--(?=\S)|(?<=\s)--(?=\s)/g, '–')
    .replace(/(?<=[\p{L}.,;)])~(?=[\p{L}\d(\\$]|$)/gu, '\u00a0');
}
