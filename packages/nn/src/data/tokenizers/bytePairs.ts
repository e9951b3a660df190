/** What `trainBytePairs` makes: plain data in the form of a `tokenizer.json`, for `loadTokenizer` and `JSON.stringify`. */
export interface BytePairFile {
  readonly version: '1.0';
  readonly truncation: null;
  readonly padding: null;
  readonly added_tokens: readonly [];
  readonly normalizer: null;
  readonly pre_tokenizer: ByteLevel;
  readonly post_processor: null;
  readonly decoder: ByteLevel;
  readonly model: {
    readonly type: 'BPE';
    readonly dropout: null;
    readonly unk_token: null;
    readonly continuing_subword_prefix: null;
    readonly end_of_word_suffix: null;
    readonly fuse_unk: false;
    readonly byte_fallback: false;
    readonly ignore_merges: false;
    /** Ids by token, in which each byte is a visible character. */
    readonly vocab: Readonly<Record<string, number>>;
    /** Two tokens with a space between them, in the order in which they are joined. */
    readonly merges: readonly string[];
  };
}

/** How a `tokenizer.json` says that texts are bytes, split where GPT-2 splits them. */
export interface ByteLevel {
  readonly type: 'ByteLevel';
  readonly add_prefix_space: false;
  readonly trim_offsets: true;
  readonly use_regex: true;
}

const byteLevel: ByteLevel = {
  type: 'ByteLevel',
  add_prefix_space: false,
  trim_offsets: true,
  use_regex: true,
};

/** The words of byte-level tokenizers, with the space before them. No token reaches over the end of one. */
const words = /'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+/gu;

const largest = 2 ** 16;

/**
 * Learns byte-pair encoding (arXiv 1508.07909) on the bytes of a text: beginning with the 256 bytes, the pair of neighbours
 * that is most frequent within words becomes a token, again and again; of equally frequent pairs the one with the smaller
 * ids. It ends early when no pair comes twice. Every text can be encoded, and is decoded to itself.
 * @param size number of tokens, from 256 to 65,536
 */
export function trainBytePairs(text: string, size: number): BytePairFile {
  if (!(Number.isInteger(size) && size >= 256 && size <= largest)) {
    throw new RangeError(`trainBytePairs: size must be an integer from 256 to ${largest}, got ${size}`);
  }
  const tokens = [...byteCharacters].sort();
  const ids = new Map(tokens.map((token, id) => [token, id]));
  const merges: string[] = [];
  const pairs = countPairs(text, ids);
  while (tokens.length < size) {
    const best = pairs.mostFrequent();
    if (!best) break;
    const [left, right] = best.map((id) => tokens[id]!) as [string, string];
    merges.push(`${left} ${right}`);
    // Two ways can lead to one token.
    const joined = ids.get(left + right) ?? tokens.push(left + right) - 1;
    ids.set(left + right, joined);
    pairs.join(best, joined);
  }
  return {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: [],
    normalizer: null,
    pre_tokenizer: byteLevel,
    post_processor: null,
    decoder: byteLevel,
    model: {
      type: 'BPE',
      dropout: null,
      unk_token: null,
      continuing_subword_prefix: null,
      end_of_word_suffix: null,
      fuse_unk: false,
      byte_fallback: false,
      ignore_merges: false,
      vocab: Object.fromEntries(ids),
      merges,
    },
  };
}

/** The visible character that stands for each byte: itself where it is visible, else one from U+0100 on. */
const byteCharacters: readonly string[] = (() => {
  let hidden = 0;
  return Array.from({ length: 256 }, (_, byte) => {
    const visible = (byte > 0x20 && byte < 0x7f) || (byte > 0xa0 && byte !== 0xad);
    return String.fromCharCode(visible ? byte : 0x100 + hidden++);
  });
})();

type Pair = readonly [left: number, right: number];

/** How often pairs of tokens are neighbours in the words of a text. */
function countPairs(text: string, ids: ReadonlyMap<string, number>) {
  const frequencies = new Map<string, number>();
  for (const [word] of text.matchAll(words)) frequencies.set(word, (frequencies.get(word) ?? 0) + 1);
  const encoder = new TextEncoder();
  const list = [...frequencies].map(([word, frequency]) => ({
    frequency,
    tokens: Array.from(encoder.encode(word), (byte) => ids.get(byteCharacters[byte]!)!),
  }));
  const counts = new Map<number, number>();
  const places = new Map<number, Set<number>>();
  const count = (place: number, sign: 1 | -1) => {
    const { tokens, frequency } = list[place]!;
    for (let i = 1; i < tokens.length; i++) {
      const pair = tokens[i - 1]! * largest + tokens[i]!;
      const left = (counts.get(pair) ?? 0) + sign * frequency;
      if (left === 0) counts.delete(pair);
      else counts.set(pair, left);
      if (sign === 1) places.set(pair, (places.get(pair) ?? new Set()).add(place));
    }
  };
  for (const place of list.keys()) count(place, 1);
  return {
    mostFrequent(): Pair | undefined {
      let [best, most] = [-1, 1];
      for (const [pair, times] of counts) {
        if (times > most || (times === most && best >= 0 && pair < best)) [best, most] = [pair, times];
      }
      return best < 0 ? undefined : [Math.floor(best / largest), best % largest];
    },
    join([left, right]: Pair, joined: number): void {
      const pair = left * largest + right;
      const concerned = places.get(pair)!;
      places.delete(pair);
      for (const place of concerned) {
        count(place, -1);
        const { tokens } = list[place]!;
        list[place]!.tokens = joinIn(tokens, left, right, joined);
        count(place, 1);
      }
    },
  };
}

/** The tokens with each pair, from the left, as one. */
function joinIn(tokens: readonly number[], left: number, right: number, joined: number): number[] {
  const result: number[] = [];
  for (let i = 0; i < tokens.length; i++) {
    const both = tokens[i] === left && tokens[i + 1] === right;
    result.push(both ? joined : tokens[i]!);
    if (both) i++;
  }
  return result;
}
