import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodePixels, type Exhibit, encodePixels, exhibitsCheck, mergeExhibits } from './exhibit.js';

const text: Exhibit = { kind: 'text', title: 'words', text: 'once' };
const image: Exhibit = {
  kind: 'image',
  title: 'picture',
  width: 3,
  height: 1,
  channels: 1,
  pixels: encodePixels(Uint8Array.of(0, 128, 255)),
};
const heatMap: Exhibit = {
  kind: 'heat map',
  title: 'map',
  rowAxis: 'expert',
  columnAxis: 'class',
  values: [
    [1, 2],
    [3, -4],
  ],
};
const lines: Exhibit = {
  kind: 'lines',
  title: 'scaling',
  xAxis: 'parameters',
  yAxis: 'loss',
  lines: [
    {
      label: 'ours',
      points: [
        [1, 2],
        [10, 1],
      ],
    },
  ],
};

const check = (exhibits: unknown) => exhibitsCheck(exhibits, 'exhibits');

describe('exhibits', () => {
  it('pass when they are whole, and lose what they should not have', () => {
    const all = [text, image, heatMap, lines];
    expect(check(all)).toEqual(all);
    expect(check(all.map((each) => ({ ...each, onclick: 'x' })))).toEqual(all);
    expect(check([])).toEqual([]);
  });

  it.each<[string, unknown, string]>([
    ['no list', {}, 'exhibits: got {}, expected a list'],
    ['no kind', { title: '' }, '[0].kind: got nothing, expected one of text, image, heat map, lines'],
    ['a long title', { ...text, title: 'x'.repeat(201) }, 'expected at most 200 characters'],
    ['a long text', { ...text, text: 'x'.repeat(20_001) }, 'expected at most 20000 characters'],
    ['a wide image', { ...image, width: 513 }, '.width: got 513, expected a whole number from 1 to 512'],
    ['an empty image', { ...image, height: 0 }, '.height: got 0, expected a whole number from 1 to 512'],
    ['an image of two channels', { ...image, channels: 2 }, '.channels: got 2, expected one of 1, 3'],
    [
      'missing pixels',
      { ...image, width: 4 },
      '.pixels: got "AID/", expected 4 bytes in base64, as [1, 4, 1]',
    ],
    ['pixels that are no base64', { ...image, pixels: 'A-D/' }, '.pixels: got "A-D/", expected 3 bytes'],
    ['padding in the middle', { ...image, width: 6, pixels: 'AI==AID/' }, '.pixels: got "AI==AID/"'],
    ['an empty map', { ...heatMap, values: [] }, '.values: got [], expected at least 1 elements'],
    ['ragged rows', { ...heatMap, values: [[1, 2], [3]] }, '.values[1]: got [3], expected 2 numbers'],
    ['a wide map', { ...heatMap, values: [Array(201).fill(0)] }, 'expected at most 200 elements'],
    ['a hole', { ...heatMap, values: [[null]] }, '.values[0][0]: got null, expected a finite number'],
    ['many lines', { ...lines, lines: Array(13).fill(lines.lines[0]) }, 'expected at most 12 elements'],
    [
      'many points',
      { ...lines, lines: [{ label: '', points: Array(501).fill([0, 0]) }] },
      '.lines[0].points: got [[0,0]',
    ],
    [
      'points in space',
      { ...lines, lines: [{ label: '', points: [[1, 2, 3]] }] },
      '.lines[0].points[0]: got [1,2,3], expected two numbers, x and y',
    ],
  ])('are refused with %s', (_, exhibit, message) => {
    expect(() =>
      check(Array.isArray(exhibit) || !('title' in Object(exhibit)) ? exhibit : [exhibit]),
    ).toThrow(message);
  });

  it('are refused with one title twice, and when they are too much together', () => {
    expect(() => check([text, { ...lines, title: 'words' }])).toThrow(
      'exhibits[1].title: got "words", expected a title that no other exhibit of the run has',
    );
    const large = (title: string): Exhibit => {
      const [width, height, channels] = [512, 512, 3] as const;
      return {
        ...image,
        title,
        width,
        height,
        channels,
        pixels: encodePixels(new Uint8Array(512 * 512 * 3)),
      };
    };
    expect(check([large('a')])).toHaveLength(1);
    expect(() => check([large('a'), large('b')])).toThrow('characters", expected at most 2097152');
  });
});

describe('mergeExhibits', () => {
  it('replaces by title, in place, and adds the rest', () => {
    const late = { ...text, text: 'later' };
    expect(mergeExhibits([text, lines], [image, late])).toEqual([late, lines, image]);
  });
});

describe('pixels', () => {
  it('come back as they were, and pass as an image', () => {
    const pictures = fc
      .record({ width: fc.integer({ min: 1, max: 9 }), height: fc.integer({ min: 1, max: 9 }) })
      .chain(({ width, height }) =>
        fc.record({
          width: fc.constant(width),
          height: fc.constant(height),
          bytes: fc.uint8Array({ minLength: width * height, maxLength: width * height }),
        }),
      );
    fc.assert(
      fc.property(pictures, ({ width, height, bytes }) => {
        const pixels = encodePixels(bytes);
        expect(decodePixels(pixels)).toEqual(bytes);
        expect(check([{ ...image, width, height, pixels }])).toHaveLength(1);
      }),
    );
  });
});
