import type { Dataset, HostArray } from '../dataset.js';
import { type RandomSource, randomSource } from '../random.js';
import { int32 } from './arrays.js';
import { requireWhole } from './options.js';

export interface CharacterWindowsOptions {
  readonly seed: number;
  /** Size of the alphabet; 32 unless said. */
  readonly symbols?: number;
  /** Characters before the one to be told; 8 unless said. */
  readonly context?: number;
  /** Characters of a block, which goes to one side as a whole; 500 unless said. */
  readonly block?: number;
  /** Blocks to validate on; 32 unless said. */
  readonly validationBlocks?: number;
  /** Different windows to train on; all there are unless said. */
  readonly train?: number;
  /** Different windows to validate on; all there are unless said. */
  readonly validation?: number;
}

/** Characters and the one that follows. */
export type CharacterWindows = {
  /** `[n, context]`, int32. */
  readonly inputs: HostArray;
  /** `[n]`, int32. */
  readonly targets: HostArray;
};

export interface CharacterData {
  readonly train: Dataset<CharacterWindows>;
  readonly validation: Dataset<CharacterWindows>;
  /** Character of each number, the commonest first; the last one is `�`, for all others, where there are others. */
  readonly alphabet: readonly string[];
}

/** Numbers of the characters (UTF-16 units): the commonest are kept, the others share the last number. */
function encode(text: string, symbols: number): { ids: Uint16Array; alphabet: string[] } {
  const counts = new Uint32Array(2 ** 16);
  for (let i = 0; i < text.length; i++) counts[text.charCodeAt(i)]! += 1;
  const common = Array.from(counts.keys())
    .filter((unit) => counts[unit]! > 0)
    .sort((a, b) => counts[b]! - counts[a]! || a - b);
  const kept = common.length <= symbols ? common : common.slice(0, symbols - 1);
  const alphabet = kept.map((unit) => String.fromCharCode(unit));
  if (kept.length < common.length) alphabet.push('\ufffd');
  const numbers = new Uint16Array(2 ** 16).fill(kept.length);
  for (const [number, unit] of kept.entries()) numbers[unit] = number;
  const ids = new Uint16Array(text.length);
  for (let i = 0; i < text.length; i++) ids[i] = numbers[text.charCodeAt(i)]!;
  return { ids, alphabet };
}

/** Windows of the blocks in random order, the first `count` of them, read when they are asked for. */
function windows(
  ids: Uint16Array,
  blocks: Int32Array,
  {
    block,
    context,
    count,
    random,
  }: { block: number; context: number; count: number | undefined; random: RandomSource },
  where: string,
): Dataset<CharacterWindows> {
  const perBlock = block - context;
  const all = blocks.length * perBlock;
  const length = count ?? all;
  if (length > all)
    throw new RangeError(`characterWindows: ${where}: got ${length}, the text has ${all} windows`);
  const order = random.permutation(all).slice(0, length);
  const startOf = (index: number) => {
    const window = order[index];
    if (window === undefined) throw new RangeError(`read: there is no window ${index} among ${length}`);
    return blocks[Math.floor(window / perBlock)]! * block + (window % perBlock);
  };
  return {
    length,
    read(indices) {
      const inputs = new Int32Array(indices.length * context);
      const targets = new Int32Array(indices.length);
      for (const [i, index] of indices.entries()) {
        const start = startOf(index);
        inputs.set(ids.subarray(start, start + context), i * context);
        targets[i] = ids[start + context]!;
      }
      return { inputs: int32(inputs, [indices.length, context]), targets: int32(targets, [indices.length]) };
    },
  };
}

/**
 * A text as short windows with the character that follows, for small language models
 * (arXiv 2305.13230, 2409.15156, 2509.14786). The text is put in lower case, each run of blanks becomes one blank, and
 * all but the commonest characters become one symbol. Blocks of it go at random to one of the two sides, so that no
 * validation window overlaps with training; the rest of the text after the last whole block is left out. Windows
 * never cross blocks, come in random order and are all different.
 * @throws RangeError for counts that are not whole and positive, a context as long as a block, and a text with too few
 *   blocks or windows
 */
export function characterWindows(
  text: string,
  {
    seed,
    symbols = 32,
    context = 8,
    block = 500,
    validationBlocks = 32,
    train,
    validation,
  }: CharacterWindowsOptions,
): CharacterData {
  requireWhole('characterWindows', { symbols }, 2);
  requireWhole('characterWindows', {
    context,
    validationBlocks,
    train: train ?? 1,
    validation: validation ?? 1,
  });
  requireWhole('characterWindows', { block }, context + 1);
  const { ids, alphabet } = encode(text.toLowerCase().replaceAll(/\s+/g, ' '), symbols);
  const random = randomSource(seed);
  const blocks = random.fork('blocks').permutation(Math.floor(ids.length / block));
  if (blocks.length <= validationBlocks) {
    throw new RangeError(
      `characterWindows: the text has ${blocks.length} blocks of ${block} characters, expected more than ${validationBlocks}`,
    );
  }
  const sides = {
    train: blocks.subarray(validationBlocks),
    validation: blocks.subarray(0, validationBlocks),
  };
  const side = (name: keyof typeof sides, count?: number) =>
    windows(ids, sides[name], { block, context, count, random: random.fork(name) }, name);
  return { train: side('train', train), validation: side('validation', validation), alphabet };
}
