/** A formula in a text, with where it stands there. */
export interface Formula {
  readonly start: number;
  /** Behind its last mark. */
  readonly end: number;
  /** What stands between its marks. */
  readonly tex: string;
  /** Whether it stands on a line of its own. */
  readonly display: boolean;
}

/** Characters of a formula at the most: what is longer stays text. */
const longestFormula = 1000;
/** Characters of a text in which formulas are looked for. */
const longestText = 50_000;
const mostFormulas = 100;
/** Characters of all formulas of a text. */
const mostTex = 4000;

const environments = /^\\begin\{((?:equation|align|gather|multline|eqnarray)\*?)\}/;

/** Formulas of a text, in their order: `$…$`, `\(…\)`, `$$…$$`, `\[…\]` and environments such as `equation`. */
export function findFormulas(text: string): Formula[] {
  const found: Formula[] = [];
  const searched = text.slice(0, longestText);
  const marks = /[\\$]/g;
  let room = mostTex;
  for (let mark = marks.exec(searched); mark && room > 0; mark = marks.exec(searched)) {
    const formula = formulaAt(searched, mark.index);
    if (formula) {
      found.push(formula);
      room -= Math.max(formula.tex.length, mostTex / mostFormulas);
    }
    // An escaped dollar opens nothing.
    marks.lastIndex = formula?.end ?? mark.index + (mark[0] === '\\' ? 2 : 1);
  }
  return found;
}

/** The formula that begins at a place of a text, if one does. */
export function formulaAt(text: string, start: number): Formula | undefined {
  const rest = text.slice(start, start + longestFormula + 64);
  const [begin, environment] = environments.exec(rest) ?? [];
  if (begin) return between(rest, start, begin, `\\end{${environment}}`, true);
  if (rest.startsWith('\\(')) return between(rest, start, '\\(', '\\)', false);
  if (rest.startsWith('\\[')) return between(rest, start, '\\[', '\\]', true);
  if (rest.startsWith('$$')) return between(rest, start, '$$', '$$', true);
  return rest.startsWith('$') ? betweenDollars(rest, start) : undefined;
}

function between(
  rest: string,
  start: number,
  open: string,
  close: string,
  display: boolean,
): Formula | undefined {
  const end = rest.indexOf(close, open.length);
  if (end < 0 || end - open.length > longestFormula) return undefined;
  const inside = rest.slice(open.length, end);
  if (!isFormula(inside)) return undefined;
  // What is aligned has to be known as such.
  const tex = /^\\begin\{(?:align|gather)/.test(open) ? `${open}${inside}${close}` : inside;
  return { start, end: start + end + close.length, tex, display };
}

/** Single dollars are also money: without a mark of TeX, `$5 to $10` and `$7-$8` are no formulas. */
function betweenDollars(rest: string, start: number): Formula | undefined {
  const [all, inside] = /^\$((?:[^$\\]|\\[\s\S])+)\$/.exec(rest) ?? [];
  if (all === undefined || inside === undefined || inside.length > longestFormula || !isFormula(inside))
    return undefined;
  const loose = /^\s|\s$/.test(inside) || /^\d/.test(rest.slice(all.length));
  if (loose && !/\\[A-Za-z]|[\^_]/.test(inside)) return undefined;
  return { start, end: start + all.length, tex: inside, display: false };
}

/** No formula is empty or has an empty line. */
const isFormula = (inside: string): boolean => inside.trim() !== '' && !/\n\s*\n/.test(inside);

/** The text with each formula as one long word, of the same length: for what may not cut one. */
export function maskFormulas(text: string): string {
  let masked = '';
  let end = 0;
  for (const formula of findFormulas(text)) {
    masked += text.slice(end, formula.start) + 'x'.repeat(formula.end - formula.start);
    end = formula.end;
  }
  return masked + text.slice(end);
}
