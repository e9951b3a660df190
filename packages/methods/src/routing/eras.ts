import { randomSource, stateOfTheUnion } from '@evenkeel/nn';
import { type Tensor, tensor } from '@evenkeel/tensor';
import { characters, plain } from '../examples/sotu-transformer/speeches.js';

/** Characters that the language model looks back on. */
export const windowLength = 32;

/** Texts of one time, as tokens: what a domain is here. */
export interface Era {
  readonly train: Int32Array;
  readonly test: Int32Array;
}

/** Years that begin an era. */
const beginnings = [1790, 1861, 1913, 1961];

/**
 * The State of the Union addresses in four eras (1790-1860, -1912, -1960, -2021). By seed, a tenth of each era's addresses
 * is held out.
 */
export async function loadEras(seed: number): Promise<readonly Era[]> {
  const addresses = await stateOfTheUnion();
  return beginnings.map((from, era) => {
    const until = beginnings[era + 1] ?? Number.POSITIVE_INFINITY;
    const own = addresses.filter(({ year }) => year >= from && year < until);
    const order = randomSource(seed).fork('eras').fork(era).permutation(own.length);
    const texts = Array.from(order, (i) => `${plain(own[i]!.text)}\n`);
    const heldOut = Math.ceil(texts.length / 10);
    return {
      test: Int32Array.from(characters.encode(texts.slice(0, heldOut).join(''))),
      train: Int32Array.from(characters.encode(texts.slice(heldOut).join(''))),
    };
  });
}

/** Windows of each era at random places, int32 `[eras, windows, 33]`: a batch sorted by era. */
export function drawWindows(
  eras: readonly Era[],
  part: keyof Era,
  { windows, seed, step }: { readonly windows: number; readonly seed: number; readonly step: number },
): Tensor {
  const random = randomSource(seed).fork(part).fork(step);
  const length = windowLength + 1;
  const tokens = new Int32Array(eras.length * windows * length);
  for (let i = 0; i < eras.length * windows; i++) {
    const text = eras[Math.floor(i / windows)]![part];
    const from = random.integer(text.length - length);
    tokens.set(text.subarray(from, from + length), i * length);
  }
  return tensor(tokens, { shape: [eras.length, windows, length] });
}
