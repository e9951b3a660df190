import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { temporaryFolder } from './temporaryFeed.js';

// Just enough of protocol buffers and of ONNX to write one node.

type Field = readonly [number: number, value: number | string | Uint8Array];

function varint(value: number): number[] {
  const bytes = [];
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) return [...bytes, rest];
    bytes.push((rest % 128) + 128);
  }
}

function message(...fields: readonly Field[]): Uint8Array {
  return Buffer.concat(
    fields.map(([number, value]) => {
      if (typeof value === 'number') return Buffer.from([...varint(8 * number), ...varint(value)]);
      const bytes = typeof value === 'string' ? Buffer.from(value) : value;
      return Buffer.concat([Buffer.from([...varint(8 * number + 2), ...varint(bytes.length)]), bytes]);
    }),
  );
}

const types = { float: 1, int64: 7 };

const valueInfo = (name: string, type: number, shape: readonly (number | string)[]): Uint8Array => {
  const dimensions = shape.map(
    (length) => [1, message([typeof length === 'number' ? 1 : 2, length])] as const,
  );
  return message([1, name], [2, message([1, message([1, type], [2, message(...dimensions)])])]);
};

/** An ONNX model that looks up a row of a table for each token. */
export function lookUpModel(table: readonly (readonly number[])[]): Uint8Array {
  const dimension = table[0]!.length;
  const weights = Buffer.from(Float32Array.from(table.flat()).buffer);
  const node = message([1, 'table'], [1, 'input_ids'], [2, 'states'], [3, 'look up'], [4, 'Gather']);
  const tensor = message([1, table.length], [1, dimension], [2, types.float], [8, 'table'], [9, weights]);
  const graph = message(
    [1, node],
    [2, 'tiny'],
    [5, tensor],
    [11, valueInfo('input_ids', types.int64, [1, 'tokens'])],
    [12, valueInfo('states', types.float, [1, 'tokens', dimension])],
  );
  return message([1, 8], [7, graph], [8, message([2, 13])]);
}

/** Numbers of a vector of the tiny model. */
export const tinyDimension = 4;

/**
 * A folder with a model that tells words by where they stand in `words`: those of one group mean the same, and other
 * words nothing.
 * @param change of its manifest
 */
export async function tinyModelFolder(
  groups: readonly (readonly string[])[],
  change: Readonly<Record<string, unknown>> = {},
): Promise<string> {
  const folder = await temporaryFolder();
  const vocab = Object.fromEntries(['[UNK]', ...groups.flat()].map((word, index) => [word, index]));
  const unit = (place: number) => Array.from({ length: tinyDimension }, (_, i) => (i === place ? 1 : 0));
  const table = [unit(-1), ...groups.flatMap((group, index) => group.map(() => unit(index)))];
  const tokenizer = {
    version: '1.0',
    added_tokens: [],
    normalizer: { type: 'Lowercase' },
    pre_tokenizer: { type: 'Whitespace' },
    post_processor: null,
    decoder: null,
    model: { type: 'WordPiece', vocab, unk_token: '[UNK]', continuing_subword_prefix: '##' },
  };
  const files = {
    'model.onnx': lookUpModel(table),
    'tokenizer.json': Buffer.from(JSON.stringify(tokenizer)),
    'tokenizer_config.json': Buffer.from('{}'),
  };
  const digests: Record<string, string> = {};
  for (const [name, bytes] of Object.entries(files)) {
    await writeFile(join(folder, name), bytes);
    digests[name] = createHash('sha256').update(bytes).digest('hex');
  }
  const manifest = { id: 'tiny', dimension: tinyDimension, files: digests, ...change };
  await writeFile(join(folder, 'evenkeel-model.json'), JSON.stringify(manifest));
  return folder;
}
