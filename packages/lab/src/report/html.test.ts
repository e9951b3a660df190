import { describe, expect, it } from 'vitest';
import { html } from './html.js';

describe('html', () => {
  it('escapes text between tags and in attributes, and leaves markup alone', () => {
    const inner = html`<b title="${'"'}">${'<&>'}</b>`;
    expect(html`<p>${inner}${[1, ' ', undefined, ["'"]]}</p>`.markup).toBe(
      '<p><b title="&quot;">&lt;&amp;&gt;</b>1 &#39;</p>',
    );
  });

  it('marks control characters as lost, apart from tabs and ends of lines', () => {
    expect(html`${'a\u0000\t\n\u009bb'}`.markup).toBe('a\ufffd\t\n\ufffdb');
  });
});
