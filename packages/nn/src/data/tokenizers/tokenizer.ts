/** Texts as token ids and back. */
export interface Tokenizer {
  /** Number of tokens: ids are 0 … size - 1. */
  readonly size: number;
  /** @throws RangeError for what it has no token for */
  encode(text: string): Int32Array<ArrayBuffer>;
  /** @throws RangeError for an id that is no token's */
  decode(ids: ArrayLike<number>): string;
}

/** @throws RangeError for an id outside 0 … size - 1 */
export function requireIds(name: string, ids: ArrayLike<number>, size: number): void {
  for (let i = 0; i < ids.length; i++) {
    const id = ids[i]!;
    if (!(Number.isInteger(id) && id >= 0 && id < size)) {
      throw new RangeError(`${name}: there is no token ${id} among ${size} (at ${i})`);
    }
  }
}

/** A tokenizer by characters, which knows the ones that it was made of. */
export interface CharacterTokenizer extends Tokenizer {
  /** In the order of their ids. `characterTokenizer` makes the same tokenizer of them. */
  readonly characters: string;
}

/**
 * One token for each character (Unicode code point) that occurs in a text, in the order of their codes. It decodes what it
 * has encoded to the same text.
 * @throws RangeError for a text without characters; when encoding, for a character that did not occur
 */
export function characterTokenizer(text: string): CharacterTokenizer {
  const codes = [...new Set(Array.from(text, (character) => character.codePointAt(0)!))].sort(
    (a, b) => a - b,
  );
  if (codes.length === 0) throw new RangeError('characterTokenizer: expected a text with characters');
  const characters = codes.map((code) => String.fromCodePoint(code));
  const ids = new Map(characters.map((character, id) => [character, id]));
  return {
    size: characters.length,
    characters: characters.join(''),
    encode: (given) =>
      Int32Array.from(Array.from(given), (character, i) => {
        const id = ids.get(character);
        if (id === undefined) {
          const code = character.codePointAt(0)!.toString(16).toUpperCase().padStart(4, '0');
          throw new RangeError(
            `encode: the character ${JSON.stringify(character)} (U+${code}) at ${i} is unknown`,
          );
        }
        return id;
      }),
    decode(given) {
      requireIds('decode', given, characters.length);
      return Array.from(given, (id) => characters[id]!).join('');
    },
  };
}

/**
 * One token for each byte of UTF-8: 256 tokens for all texts. It decodes what it has encoded to the same text, but for
 * halves of surrogate pairs, which become U+FFFD; so do bytes that are not UTF-8.
 */
export function byteTokenizer(): Tokenizer {
  return {
    size: 256,
    encode: (text) => Int32Array.from(new TextEncoder().encode(text)),
    decode(ids) {
      requireIds('decode', ids, 256);
      return new TextDecoder('utf-8', { ignoreBOM: true }).decode(Uint8Array.from(ids));
    },
  };
}
