import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { byteTokenizer, characterTokenizer, loadTokenizer, trainBytePairs } from '../../index.js';

interface Golden {
  readonly text: string;
  readonly size: number;
  readonly tokens: readonly string[];
  readonly merges: readonly string[];
  readonly probes: readonly { readonly text: string; readonly ids: readonly number[] }[];
}
const golden: Golden = JSON.parse(readFileSync(new URL('./bytePairs.golden.json', import.meta.url), 'utf8'));
const unicode = fc.string({ unit: 'binary', maxLength: 40 });

describe('a character tokenizer', () => {
  it('has the characters of its text in the order of their codes', () => {
    const tokenizer = characterTokenizer('banana 🙂é');
    expect([tokenizer.size, tokenizer.characters]).toEqual([6, ' abné🙂']);
    expect(tokenizer.encode('🙂nab')).toEqual(Int32Array.of(5, 3, 1, 2));
    expect(tokenizer.decode([5, 3, 1, 2])).toBe('🙂nab');
    expect(characterTokenizer(tokenizer.characters).characters).toBe(tokenizer.characters);
  });

  it('decodes what it has encoded', () => {
    fc.assert(
      fc.property(unicode, (text) => {
        const tokenizer = characterTokenizer(`${text}x`);
        expect(tokenizer.decode(tokenizer.encode(text))).toBe(text);
      }),
    );
  });

  it('refuses unknown characters, unknown ids and no characters', () => {
    const tokenizer = characterTokenizer('ab');
    expect(() => tokenizer.encode('abé')).toThrow('encode: the character "é" (U+00E9) at 2 is unknown');
    expect(() => tokenizer.decode([0, 2])).toThrow('decode: there is no token 2 among 2 (at 1)');
    expect(() => characterTokenizer('')).toThrow('characterTokenizer: expected a text with characters');
  });
});

describe('a byte tokenizer', () => {
  it('has a token for each byte of UTF-8', () => {
    const tokenizer = byteTokenizer();
    expect(tokenizer.encode('é!')).toEqual(Int32Array.of(0xc3, 0xa9, 0x21));
    expect(tokenizer.decode([0xff, 0x41])).toBe('\ufffdA');
    expect(() => tokenizer.decode([256])).toThrow('there is no token 256 among 256');
    fc.assert(
      fc.property(unicode, (text) => {
        expect(tokenizer.decode(tokenizer.encode(text))).toBe(text);
      }),
    );
    expect(tokenizer.decode(tokenizer.encode('\ufeffmark'))).toBe('\ufeffmark');
  });
});

describe('byte pairs', () => {
  it('are learned as the tokenizers library for Python learns them', () => {
    const { vocab, merges } = trainBytePairs(golden.text, golden.size).model;
    expect(merges).toEqual(golden.merges);
    expect(vocab).toEqual(Object.fromEntries(golden.tokens.map((token, id) => [token, id])));
  });

  it('are encoded to the same ids as in Python, after a way through JSON', () => {
    const tokenizer = loadTokenizer(JSON.stringify(trainBytePairs(golden.text, golden.size)));
    expect(tokenizer.size).toBe(golden.tokens.length);
    for (const { text, ids } of golden.probes) {
      expect([...tokenizer.encode(text)]).toEqual(ids);
      expect(tokenizer.decode(ids)).toBe(text);
    }
  });

  it('encode any text and decode it to itself', () => {
    const tokenizer = loadTokenizer(trainBytePairs(golden.text, 300));
    fc.assert(
      fc.property(unicode, (text) => {
        expect(tokenizer.decode(tokenizer.encode(text))).toBe(text);
      }),
    );
    expect(tokenizer.decode(tokenizer.encode(golden.text))).toBe(golden.text);
    expect(tokenizer.encode(golden.text).length).toBeLessThan(
      byteTokenizer().encode(golden.text).length / 1.8,
    );
  });

  it('are as many as asked for, and bytes alone at 256', () => {
    expect(loadTokenizer(trainBytePairs(golden.text, 280)).size).toBe(280);
    expect(trainBytePairs(golden.text, 256).model.merges).toEqual([]);
    expect(trainBytePairs('', 300).model.merges).toEqual([]);
    expect(() => trainBytePairs('', 255)).toThrow(
      'trainBytePairs: size must be an integer from 256 to 65536',
    );
  });
});

describe('a tokenizer.json', () => {
  const vocab = { '[UNK]': 0, '[CLS]': 1, '[SEP]': 2, run: 3, '##ning': 4, '.': 5 };
  const special = (id: number, content: string) => ({
    id,
    content,
    special: true,
    single_word: false,
    lstrip: false,
    rstrip: false,
    normalized: false,
  });
  const bert = {
    added_tokens: [special(1, '[CLS]'), special(2, '[SEP]')],
    normalizer: { type: 'BertNormalizer', lowercase: true },
    pre_tokenizer: { type: 'BertPreTokenizer' },
    post_processor: { type: 'BertProcessing', cls: ['[CLS]', 1], sep: ['[SEP]', 2] },
    decoder: { type: 'WordPiece', prefix: '##', cleanup: false },
    model: { type: 'WordPiece', unk_token: '[UNK]', continuing_subword_prefix: '##', vocab },
  };

  it('is used with its special tokens or without', () => {
    const plain = loadTokenizer(bert);
    expect(plain.size).toBe(6);
    expect(plain.encode('Running what.')).toEqual(Int32Array.of(3, 4, 0, 5));
    expect(plain.decode([3, 4])).toBe('running');
    expect(plain.decode([])).toBe('');
    const whole = loadTokenizer(JSON.stringify(bert), { specialTokens: true });
    expect(whole.encode('run')).toEqual(Int32Array.of(1, 3, 2));
  });

  it('is refused when it is none', () => {
    for (const file of [
      '{',
      '[]',
      '{}',
      { ...bert, added_tokens: undefined },
      { ...bert, model: { type: 'X' } },
    ]) {
      expect(() => loadTokenizer(file)).toThrow('loadTokenizer: this is no tokenizer that can be read: ');
    }
    expect(() => loadTokenizer(bert).decode([6])).toThrow('decode: there is no token 6 among 6');
  });
});
