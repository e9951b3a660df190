import { mathAttributes, mathElements } from '@evenkeel/feed';
import * as cheerio from 'cheerio';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { commentHtml } from './comments.js';

it('shows markdown', () => {
  expect(commentHtml('*a* **b** `c`\n\n- d\n\n[e](https://example.org)')).toBe(
    '<p><em>a</em> <strong>b</strong> <code>c</code></p>\n<ul>\n<li>d</li>\n</ul>\n<p><a href="https://example.org" rel="nofollow ugc noopener noreferrer">e</a></p>\n',
  );
});

it('sets formulas, but not in code', () => {
  expect(commentHtml('**So** $x_1*y*z_2$')).toMatch(
    /^<p><strong>So<\/strong> <math .*<msub>.*<\/math><\/p>\n$/,
  );
  expect(commentHtml('`$x$` costs $5 to $10')).toBe('<p><code>$x$</code> costs $5 to $10</p>\n');
  expect(commentHtml('$\\frac{$')).toBe('<p>$\\frac{$</p>\n');
});

it.each([
  '<script>alert(1)</script>',
  '<img src=x onerror=alert(1)>',
  '<a href="javascript:alert(1)">x</a>',
  '[x](javascript:alert(1))',
  '[x](JaVaScRiPt:alert(1))',
  '[x](data:text/html,<script>alert(1)</script>)',
  '[x](&#106;avascript:alert(1))',
  '[x](https://example.org "" onmouseover=alert(1)")',
  '![x](https://example.org/track.png)',
  '![x](javascript:alert(1))',
  '<svg/onload=alert(1)>',
  '<math><mi//xlink:href="data:x,<script>alert(1)</script>">',
  '```html\n</code></pre><script>alert(1)</script>\n```',
  '<style>* { display: none }</style>',
  '<form action=https://evil.example><button>x</button></form>',
  '<iframe srcdoc="<script>alert(1)</script>">',
  '[x]: javascript:alert(1)\n\n[x]',
  '//evil.example/x',
  '$\\href{javascript:alert(1)}{x}$',
  '$\\text{<img src=x onerror=alert(1)>}$',
  '[x](//evil.example)',
])('makes nothing but text and safe links of %j', (text) => refuseHarm(commentHtml(text)));

it('makes nothing but text and safe links of whatever comes', () => {
  const pieces = fc.constantFrom(
    '<',
    '>',
    '"',
    "'",
    '`',
    '[',
    ']',
    '(',
    ')',
    '!',
    'javascript:',
    'script',
    'a href=',
    ' ',
    '\n',
    '&#58;',
    'on',
    '=',
    '*',
    'https://x.org',
  );
  fc.assert(
    fc.property(fc.array(pieces, { maxLength: 30 }), (parts) => refuseHarm(commentHtml(parts.join('')))),
    { numRuns: 500 },
  );
});

const tags = 'p br em strong del code pre blockquote ul ol li a hr'.split(' ');

function refuseHarm(html: string): void {
  const page = cheerio.load(html, null, false);
  for (const element of page('*').toArray()) {
    if (!('attribs' in element)) continue;
    const isMath = mathElements.has(element.name);
    if (!isMath) expect(tags).toContain(element.name);
    const attributes = isMath ? [...mathAttributes] : ['href', 'rel', 'start'];
    for (const name of Object.keys(element.attribs)) expect(attributes).toContain(name);
    const { href = '' } = element.attribs;
    expect(href).toMatch(/^(?:https?:\/\/.*|mailto:.*|[^:]*)$/is);
    expect(href).not.toMatch(/^\s*[/\\]{2}/);
  }
}
