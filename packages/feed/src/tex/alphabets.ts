/** Where the letters of an alphabet begin in Unicode, and those that had a place of their own before. */
const alphabets: Readonly<
  Record<string, { readonly from: number; readonly own: Readonly<Record<string, string>> }>
> = {
  'double-struck': {
    from: 0x1d538,
    own: { C: 'ℂ', H: 'ℍ', N: 'ℕ', P: 'ℙ', Q: 'ℚ', R: 'ℝ', Z: 'ℤ' },
  },
  script: {
    from: 0x1d49c,
    own: { B: 'ℬ', E: 'ℰ', F: 'ℱ', H: 'ℋ', I: 'ℐ', L: 'ℒ', M: 'ℳ', R: 'ℛ', e: 'ℯ', g: 'ℊ', o: 'ℴ' },
  },
  fraktur: { from: 0x1d504, own: { C: 'ℭ', H: 'ℌ', I: 'ℑ', R: 'ℜ', Z: 'ℨ' } },
};

/** A letter as an alphabet of mathematics has it, such as ℝ; itself where the alphabet is told by the look of the font. */
export function letterIn(alphabet: string, letter: string): string {
  const known = alphabets[alphabet];
  if (!known || !/^[A-Za-z]$/.test(letter)) return letter;
  const place = letter <= 'Z' ? letter.charCodeAt(0) - 65 : letter.charCodeAt(0) - 97 + 26;
  return known.own[letter] ?? String.fromCodePoint(known.from + place);
}
