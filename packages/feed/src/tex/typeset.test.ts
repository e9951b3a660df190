import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { findFormulas, maskFormulas } from './formulas.js';
import { readableText, typeset, typesetFormulaAt } from './typeset.js';

const formulasOf = (text: string) => findFormulas(text).map(({ tex }) => tex);

describe('formulas in a text', () => {
  it('stand between dollars, parentheses, brackets, or in an environment', () => {
    const text = '$a$ \\(b\\) $$c$$ \\[d\\] \\begin{equation}e\\end{equation} \\begin{align*}f\\end{align*}';
    expect(formulasOf(text)).toEqual(['a', 'b', 'c', 'd', 'e', '\\begin{align*}f\\end{align*}']);
    expect(findFormulas(text).map(({ display }) => display)).toEqual([false, false, true, true, true, true]);
  });

  it.each([
    'from $5 to $10',
    'between $ 5 and $ 6',
    '$7-$8',
    'for \\$5 and \\$6',
    'an open $x',
    '$a\n\nb$',
    '$$ $$',
    `$${'x'.repeat(1001)}$`,
  ])('are none in %j', (text) => {
    expect(formulasOf(text)).toEqual([]);
  });

  it('may stand at a number, or have spaces inside, where TeX stands in them', () => {
    expect(formulasOf('$\\sim$90, $ \\alpha $ and $ x_i $')).toEqual(['\\sim', ' \\alpha ', ' x_i ']);
  });

  it('become words of their length, that nothing cuts', () => {
    expect(maskFormulas('A $x. Y$ b. C')).toBe('A xxxxxx b. C');
  });
});

describe('words of TeX', () => {
  it.each([
    ['90\\% of R\\&D \\#1 a\\_b', '90% of R&D #1 a_b'],
    ['\\emph{all {\\bf words}}, {\\it it}, \\textsc{Foo}', 'all words, it, Foo'],
    ['{\\\'e} \\\'e \\\'{e} Schr\\"odinger G\\"{o}del {\\"u}ber', 'é é é Schrödinger Gödel über'],
    ['Ko\\v{c}i \\v Cech Fran{\\c c}ois Erd\\H{o}s na\\"{\\i}ve', 'Koči Čech François Erdős naïve'],
    ['\\L{}ukasz, \\O rsted, stra\\ss e, \\aa{}, Nguy\\~{\\^e}n', 'Łukasz, Ørsted, straße, å, Nguyễn'],
    ['a--b --- c, 2--3 -- and --help', 'a–b — c, 2–3 – and --help'],
    ["``quoted'' Fig.~1, ~5 ms, 10~20", '“quoted” Fig.\u00a01, ~5 ms, 10~20'],
    ['\\url{https://a.b/c_d} \\href{javascript:x}{y}', 'https://a.b/c_d y'],
    [
      'C:\\temp\\new, \\method{} and \\cite{a} stay, {0,1} too',
      'C:\\temp\\new, \\method{} and \\cite{a} stay, {0,1} too',
    ],
  ])('%s reads %s', (source, read) => {
    expect(typeset(source)).toEqual({ text: read });
  });
});

describe('a formula in plain characters', () => {
  it.each([
    ['AdaB$^2$N', 'AdaB²N'],
    ['$\\mathcal{O}(n^2)$ in $\\mathbb{R}^d$', 'O(n²) in ℝᵈ'],
    ['$\\sum_{i=1}^{n} x_i \\le \\frac{a+b}{2}$', '∑ᵢ₌₁ⁿxᵢ ≤ (a+b)/2'],
    ['$\\sim$90\\%, 1.5$\\times$, $10^{-3}$', '∼90%, 1.5×, 10⁻³'],
    ["$x^{abc}$, $\\hat y$, $\\log x$, $f'(x)$, $\\sqrt{n+1}$", 'x^abc, ŷ, log x, f′(x), √(n+1)'],
    ['$\\begin{pmatrix}a&b\\\\c&d\\end{pmatrix}$', '(a b; c d)'],
  ])('%s is %s', (source, text) => {
    expect(readableText(source)).toBe(text);
  });
});

describe('a text with formulas as markup', () => {
  it('has them as MathML, in words that are escaped', () => {
    const { html } = typeset('The <b>norm</b> $x_i < 2$ & more');
    expect(html).toContain('The &lt;b&gt;norm&lt;/b&gt; <math');
    expect(html).toContain('<msub><mi>x</mi><mi>i</mi></msub><mo>&lt;</mo><mn>2</mn>');
    expect(html).toMatch(/<\/math> &amp; more$/);
  });

  it('is left out where there are none', () => {
    expect(typeset('Plain & simple').html).toBeUndefined();
  });

  it('has letters of alphabets that browsers do not make of others', () => {
    expect(typeset('$\\mathbb{E}_{x\\sim p}\\mathcal{L}$').html).toMatch(/>&#x1d53c;<.*>&#x2112;</);
  });

  it('sets an operator by itself close to the words around it', () => {
    expect(typeset('1.5$\\times$').html).toContain('<mo lspace="0" rspace="0">&#xd7;</mo>');
  });

  it('keeps neither colours nor styles', () => {
    expect(typeset('$\\color{red}x \\colorbox{blue}{y}$').html).not.toMatch(
      /color=|background=| style=|red|blue/,
    );
  });

  it.each([
    '$\\href{javascript:alert(1)}{x}$',
    '$\\htmlData{a=b}{x}$',
    '$\\htmlStyle{color:red}{x}$',
    '$\\url{javascript:alert(1)}$',
    '$\\includegraphics{https://a.b/c.png}$',
    '$\\def\\a{\\a\\a}\\a$',
    '$\\newcommand{\\a}{aaaa}\\a$',
    '$\\frac{a$',
    '$\\unknown x$',
    '$x}$',
  ])('shows %s as it was written', (source) => {
    expect(typeset(source)).toEqual({ text: source, html: source });
  });

  it('closes no element of the page', () => {
    const { html } = typeset(
      '$</script><script>alert(1)</script>$ </math></p><img src=x onerror=alert(1)> $x$',
    );
    expect(html).not.toMatch(/<\/?(?!\/?(?:math|m[a-z]+)\b)[a-z]/);
  });

  it('is not overcome by nesting, size or number', () => {
    for (const formula of ['{'.repeat(490) + '}'.repeat(490), `${'x^{'.repeat(240)}${'}'.repeat(240)}`]) {
      expect(typeset(`$${formula}$ `.repeat(45)).html?.length).toBeLessThan(500_000);
    }
    expect(typeset(`$\\begin{matrix}${'&'.repeat(900)}\\end{matrix}$ `.repeat(45)).html?.length).toBeLessThan(
      300_000,
    );
    expect(typeset(`$${'\\left('.repeat(70)}${'\\right)'.repeat(70)}$`).text).toContain('(((');
    for (const mark of ['$', '\\(', '$x ', '{\\it ', "\\'{", '\\emph{', '$\\a']) {
      expect(typeset(mark.repeat(10_000)).text.length).toBeGreaterThan(0);
    }
  });

  it('has no tag but those of MathML, whatever the text', () => {
    const parts = fc.constantFrom(
      ...[
        '$',
        '$$',
        '\\(',
        '\\)',
        '\\[',
        '\\]',
        '{',
        '}',
        '\\',
        '<',
        '>',
        '"',
        "'",
        '&',
        '</',
        '<script>',
        '<!--',
      ],
      ...[
        '\\text{',
        '\\frac',
        '\\href{javascript:a}{',
        '\\begin{align}',
        '\\end{align}',
        '^',
        '_',
        '\\color{',
        '\\verb|<b>|',
      ],
      ...['\\htmlClass{a}{', '<img src=x onerror=a>', '\\tag{<i>}', ' ', 'x', '\n', '\u2028', '\u0001', '𝒳'],
    );
    fc.assert(
      fc.property(fc.array(parts, { maxLength: 40 }), (chosen) => {
        const { html = '' } = typeset(chosen.join(''));
        const tags = html.match(/<[^>]*>?/g) ?? [];
        for (const tag of tags) expect(tag).toMatch(/^<\/?m[a-z]+(?: [a-z]+="[^"<>]*")*\/?>$/);
        expect(tags.join('')).not.toMatch(/ (?:on[a-z]+|href|style|class|src)=/);
      }),
      { numRuns: 1000 },
    );
  });
});

describe('a formula at a place', () => {
  it('is found with its length, and not where it is malformed', () => {
    expect(typesetFormulaAt('a $x$ b', 2)).toMatchObject({ length: 3 });
    expect(typesetFormulaAt('a $x$ b', 0)).toBeUndefined();
    expect(typesetFormulaAt('$\\frac{$', 0)).toBeUndefined();
  });
});
