import { characterTokenizer, randomSource, stateOfTheUnion } from '@evenkeel/nn';

/** Printable ASCII, and the line break that stands between addresses. */
export const characters = characterTokenizer(
  `\n${String.fromCharCode(...Array.from({ length: 95 }, (_, i) => 32 + i))}`,
);

/** A text in printable ASCII: quotes straight, dashes short, and what is left (about 200 characters) left out. */
export const plain = (text: string): string =>
  text
    .replace(/[‘’`]/g, "'")
    .replace(/[“”]/g, '"')
    .replace(/[—–‑]/g, '-')
    .replace(/[^ -~]/g, '');

/** Addresses as tokens of `characters`, one after the other in three parts. */
export interface Speeches {
  readonly train: Int32Array;
  readonly validation: Int32Array;
  readonly test: Int32Array;
}

/** Addresses in each of the held-out parts: a tenth of all. */
const heldOut = 23;

/** The State of the Union addresses, at random by seed in three parts: 187 to train on, 23 to choose with, 23 held out. */
export async function loadSpeeches({ seed }: { readonly seed: number }): Promise<Speeches> {
  const addresses = await stateOfTheUnion();
  const order = randomSource(seed).permutation(addresses.length);
  const part = (from: number, to?: number) => {
    const texts = Array.from(order.subarray(from, to), (i) =>
      characters.encode(`${plain(addresses[i]!.text)}\n`),
    );
    const all = new Int32Array(texts.reduce((length, text) => length + text.length, 0));
    let at = 0;
    for (const text of texts) {
      all.set(text, at);
      at += text.length;
    }
    return all;
  };
  return { test: part(0, heldOut), validation: part(heldOut, 2 * heldOut), train: part(2 * heldOut) };
}
