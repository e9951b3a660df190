import { describe, expect, it } from 'vitest';
import { ImportError } from '../errors.js';
import { parseXml, textIn } from './xml.js';

/** Ten entities, each of ten of the one before: 10¹⁰ letters in a kilobyte. */
const bomb = (root: string) => {
  const levels = Array.from({ length: 10 }, (_, i) => {
    const value = i === 0 ? 'aaaaaaaaaa' : `&e${i - 1};`.repeat(10);
    return `<!ENTITY e${i} "${value}">`;
  });
  return `<?xml version="1.0"?><!DOCTYPE ${root} [${levels.join('')}]><${root}>&e9;</${root}>`;
};

describe('a document that is read', () => {
  it.each([
    ['an entity bomb', bomb('feed')],
    ['one in the form of a harvest', bomb('OAI-PMH')],
    ['one in small letters', bomb('feed').replaceAll('ENTITY', 'entity').replace('DOCTYPE', 'doctype')],
    ['a file of this computer', '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>'],
    ['an address', '<!DOCTYPE a [<!ENTITY % x SYSTEM "http://127.0.0.1/x"> %x;]><a/>'],
    ['types from elsewhere', '<!DOCTYPE a SYSTEM "http://127.0.0.1/a.dtd"><a/>'],
    ['types after a comment', '<?xml version="1.0"?><!-- a --><!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>'],
  ])('defines no types and entities of its own: %s', (_, document) => {
    expect(() => parseXml(document, 'test')).toThrow(
      new ImportError('test: got a document that defines its own types, expected an XML document'),
    );
  });

  it('has no entities but the five of XML and those of characters', () => {
    const text = (inside: string) => textIn(parseXml(`<a><b>${inside}</b></a>`, 'test'), 'b');
    expect(text('&lt;b&gt; &amp; &quot;c&quot; &apos;d&apos;')).toBe(`<b> & "c" 'd'`);
    expect(text('&unknown;')).toBe('&unknown;');
    // Written twice, it is read once.
    expect(text('&amp;lt;')).toBe('&lt;');
  });

  it.each([200, 200_000])('may not be %i elements deep', (depth) => {
    const deep = `${'<a>'.repeat(depth)}${'</a>'.repeat(depth)}`;
    expect(() => parseXml(deep, 'test')).toThrow(
      new ImportError(
        'test: got one that cannot be read (Maximum nested tags exceeded), expected an XML document',
      ),
    );
  });

  it('is at most 32 MiB long', () => {
    expect(() => parseXml(`<a>${'x'.repeat(33 * 1024 * 1024)}</a>`, 'test')).toThrow(/at most 33554432/);
  });

  it.each(['', 'no XML', '<a>', '<a></b>', '<a', '\0', '<a>\0</a'])('is well formed: %j', (document) => {
    expect(() => parseXml(document, 'test')).toThrow(ImportError);
  });
});
