const formattingCommands =
  /\\(?:(?:text|math)[a-z]*|emph|boldsymbol|operatorname|ensuremath|bf|it|rm|sc|sf|tt|em)(?![a-z])/gi;

/** Symbols that TeX sources spell out, by the name of their command. */
const symbolNames: Readonly<Record<string, string>> = {
  α: 'alpha',
  β: 'beta',
  γ: 'gamma',
  δ: 'delta',
  ε: 'epsilon',
  ζ: 'zeta',
  η: 'eta',
  θ: 'theta',
  ι: 'iota',
  κ: 'kappa',
  λ: 'lambda',
  μ: 'mu',
  ν: 'nu',
  ξ: 'xi',
  ο: 'o',
  π: 'pi',
  ρ: 'rho',
  σ: 'sigma',
  ς: 'sigma',
  τ: 'tau',
  υ: 'upsilon',
  φ: 'phi',
  χ: 'chi',
  ψ: 'psi',
  ω: 'omega',
  '×': 'times',
  '∞': 'infty',
};

/**
 * The form in which two spellings of one title are equal: letters and digits only, lower case, without
 * accents, and TeX read as the text it stands for (`AdaB$^2$N` as `adab2n`, `$\alpha$` as `alpha`).
 * Empty for a text without letters and digits.
 */
export function normaliseTitle(title: string): string {
  return title
    .replace(formattingCommands, '')
    .normalize('NFKD')
    .toLowerCase()
    .replace(/[α-ω×∞]/gu, (symbol) => symbolNames[symbol] ?? symbol)
    .replace(/[^\p{L}\p{N}]+/gu, '');
}
