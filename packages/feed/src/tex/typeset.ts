import { escapeHtml } from '../text.js';
import { type Formula, findFormulas, formulaAt } from './formulas.js';
import { mathMlOf } from './mathMl.js';
import { readProse } from './prose.js';
import { readFormula } from './readFormula.js';

/** A text of a paper as it is read. */
export interface Typeset {
  /** In plain characters. */
  readonly text: string;
  /** With its formulas as MathML and everything else escaped; left out where it has none. */
  readonly html?: string;
}

/** Sets a text in which TeX may stand, as titles and abstracts have it. What is malformed stays as it was written. */
export function typeset(source: string): Typeset {
  const formulas = findFormulas(source);
  if (formulas.length === 0) return { text: readProse(source) };
  let [text, html, end] = ['', '', 0];
  const addProse = (prose: string) => {
    text += prose;
    html += escapeHtml(prose);
  };
  for (const formula of formulas) {
    addProse(readProse(source.slice(end, formula.start)));
    const math = typesetFormula(formula);
    if (math) {
      text += math.text;
      html += math.html;
    } else addProse(source.slice(formula.start, formula.end));
    end = formula.end;
  }
  addProse(readProse(source.slice(end)));
  return { text, html };
}

/** A text in which TeX may stand, in plain characters: `AdaB$^2$N` as `AdaB²N`. */
export const readableText = (source: string): string => typeset(source).text;

/**
 * The formula that begins at a place of a text, as MathML, and how many characters it takes there. Undefined where none does,
 * or it is malformed.
 */
export function typesetFormulaAt(
  source: string,
  start: number,
): { html: string; length: number } | undefined {
  const formula = formulaAt(source, start);
  const math = formula && typesetFormula(formula);
  return math && { html: math.html, length: formula.end - formula.start };
}

/** Formulas that are kept as they were set, and the length of their markup at the most. */
const mostKept = 2000;
const longestKept = 5000;
const kept = new Map<string, Required<Typeset>>();

function typesetFormula(formula: Formula): Required<Typeset> | undefined {
  const key = `${formula.display} ${formula.tex}`;
  const known = kept.get(key);
  if (known) return known;
  const math = mathMlOf(formula);
  if (!math) return undefined;
  const set = { text: readFormula(math), html: math.html() };
  if (kept.size >= mostKept) kept.delete(kept.keys().next().value as string);
  if (set.html.length <= longestKept) kept.set(key, set);
  return set;
}
