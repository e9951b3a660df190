import { Tokenizer as HuggingFaceTokenizer } from '@huggingface/tokenizers';
import { requireIds, type Tokenizer } from './tokenizer.js';

/** What is beside a `tokenizer.json`. */
export interface LoadTokenizerOptions {
  /** The content of `tokenizer_config.json`, where there is one. */
  readonly config?: object;
  /** Whether `encode` adds the special tokens that the file names for beginning and end; no unless said. */
  readonly specialTokens?: boolean;
}

/**
 * The tokenizer of a `tokenizer.json`, as models on Hugging Face have it, read by `@huggingface/tokenizers`.
 * @param file its content: the text, or what JSON.parse makes of it
 * @throws RangeError when it is no tokenizer, or of a kind that the library does not know; when encoding, for a text that
 *   has no tokens
 */
export function loadTokenizer(
  file: string | object,
  { config = {}, specialTokens = false }: LoadTokenizerOptions = {},
): Tokenizer {
  const read = parse(file, config);
  const vocabulary = read.get_vocab();
  const size = 1 + [...vocabulary.values()].reduce((largest, id) => Math.max(largest, id), -1);
  const cleanUp =
    (config as { clean_up_tokenization_spaces?: boolean }).clean_up_tokenization_spaces ?? false;
  return {
    size,
    encode(text) {
      const { ids, tokens } = read.encode(text, { add_special_tokens: specialTokens });
      return Int32Array.from(ids, (id: number | undefined, i) => {
        if (id === undefined)
          throw new RangeError(`encode: there is no token for ${JSON.stringify(tokens[i])}`);
        return id;
      });
    },
    decode(ids) {
      requireIds('decode', ids, size);
      return ids.length === 0 ? '' : read.decode(Array.from(ids), { clean_up_tokenization_spaces: cleanUp });
    },
  };
}

function parse(file: string | object, config: object): HuggingFaceTokenizer {
  try {
    return new HuggingFaceTokenizer(typeof file === 'string' ? JSON.parse(file) : file, config);
  } catch (error) {
    throw new RangeError(
      `loadTokenizer: this is no tokenizer that can be read: ${(error as Error).message}`,
      {
        cause: error,
      },
    );
  }
}
