import { appendFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../../testing/temporaryFeed.js';
import { tinyDimension, tinyModelFolder } from '../../testing/tinyModel.js';
import { describeModel } from '../describeModel.js';
import { SearchThread } from '../thread/client.js';

const groups = [
  ['boat', 'ship'],
  ['oven', 'bread'],
];

async function embedWith(folder: string, texts: readonly string[], kind: 'paper' | 'query' = 'paper') {
  const thread = new SearchThread();
  try {
    await thread.ask('load', { source: { kind: 'onnx', folder } });
    return (await thread.ask('embed', { texts, kind })).map((vector) => [...vector]);
  } finally {
    await thread.close();
  }
}

describe('an ONNX model of a folder', () => {
  it('gives each text the mean of its tokens, of length 1', async () => {
    const folder = await tinyModelFolder(groups);
    const [boat, ship, both, none] = await embedWith(folder, ['A boat', 'the SHIP', 'ship oven', 'words']);
    expect(boat).toEqual([1, 0, 0, 0]);
    expect(ship).toEqual(boat);
    expect(both?.[0]).toBeCloseTo(Math.SQRT1_2, 6);
    expect(both?.[1]).toBeCloseTo(Math.SQRT1_2, 6);
    expect(none).toEqual([0, 0, 0, 0]);
  });

  it('reads the first tokens, by the first alone where it is told so, and its prefix before queries', async () => {
    const cut = await tinyModelFolder(groups, { maxTokens: 2 });
    expect(await embedWith(cut, ['ship ship oven oven boat'])).toEqual([[1, 0, 0, 0]]);
    const first = await tinyModelFolder(groups, { pooling: 'cls', queryPrefix: 'oven ' });
    expect(await embedWith(first, ['ship oven'])).toEqual([[1, 0, 0, 0]]);
    expect(await embedWith(first, ['ship oven'], 'query')).toEqual([[0, 1, 0, 0]]);
  });

  it('is known by the bytes of its network', async () => {
    const one = await describeModel(await tinyModelFolder(groups));
    const same = await describeModel(await tinyModelFolder(groups));
    const other = await describeModel(await tinyModelFolder([...groups, ['keel']]));
    expect(one).toMatchObject({ name: 'tiny', dimension: tinyDimension });
    expect(one.id).toMatch(/^onnx-tiny-[0-9a-f]{12}$/);
    expect(same.id).toBe(one.id);
    expect(other.id).not.toBe(one.id);
  });

  it('is refused where a file is not the one that the manifest names', async () => {
    const folder = await tinyModelFolder(groups);
    await appendFile(join(folder, 'tokenizer.json'), ' ');
    await expect(describeModel(folder)).rejects.toThrow(
      /tokenizer\.json: its SHA-256 is [0-9a-f]{64}, expected/,
    );
    await expect(describeModel(await temporaryFolder())).rejects.toThrow(
      'evenkeel-model.json: cannot be read; expected the manifest of a model',
    );
  });

  it.each([
    ['no JSON', 'x', 'expected a JSON object'],
    ['no files', '{"id":"x","dimension":3}', 'files: got undefined, expected the SHA-256 of each file'],
    [
      'a bad dimension',
      '{"id":"x","dimension":0}',
      'dimension: got 0, expected a whole number from 1 to 4096',
    ],
    ['a path as its name', '{"id":"../x"}', 'id: got "../x", expected a name'],
    ['a bad digest', '{"id":"x","dimension":3,"files":{"model.onnx":"12"}}', 'files: model.onnx: got "12"'],
  ])('is refused with %s', async (_, manifest, message) => {
    const folder = await temporaryFolder();
    await writeFile(join(folder, 'evenkeel-model.json'), manifest);
    await expect(describeModel(folder)).rejects.toThrow(message);
  });

  it('is refused where it gives other numbers than its manifest says', async () => {
    const folder = await tinyModelFolder(groups, { dimension: 3 });
    await expect(embedWith(folder, ['boat ship'])).rejects.toThrow('1 × 2 × 4 numbers, expected 1 × 2 × 3');
  });
});
