import * as check from './validate.js';

/** Writing, such as generated words. */
export interface TextExhibit {
  readonly kind: 'text';
  readonly title: string;
  /** At most 20,000 characters. */
  readonly text: string;
}

/** A picture of at most 512 × 512 pixels. */
export interface ImageExhibit {
  readonly kind: 'image';
  readonly title: string;
  readonly width: number;
  readonly height: number;
  /** 1: shades of grey. 3: red, green and blue. */
  readonly channels: 1 | 3;
  /** `width * height * channels` bytes in base64, row by row from the top: see `encodePixels`. */
  readonly pixels: string;
}

/** A matrix to look at, at most 200 × 200: rows from the top, all of one length. */
export interface HeatMapExhibit {
  readonly kind: 'heat map';
  readonly title: string;
  /** What the rows and the columns count. */
  readonly rowAxis: string;
  readonly columnAxis: string;
  readonly values: readonly (readonly number[])[];
}

/** At most 12 lines through at most 500 points each. */
export interface LinesExhibit {
  readonly kind: 'lines';
  readonly title: string;
  readonly xAxis: string;
  readonly yAxis: string;
  readonly lines: readonly {
    readonly label: string;
    readonly points: readonly (readonly [x: number, y: number])[];
  }[];
}

/** Something to look at beside the numbers. All its numbers are finite; within a run its title is its name. */
export type Exhibit = TextExhibit | ImageExhibit | HeatMapExhibit | LinesExhibit;

/** How large exhibits may be: `exhibits` of a run, together in `characters` of JSON. */
export const exhibitLimits = {
  exhibits: 12,
  characters: 2 ** 21,
  label: 200,
  text: 20_000,
  image: 512,
  heatMap: 200,
  lines: 12,
  points: 500,
} as const;

/** What is shown after later exhibits have come: each replaces the one with its title, new ones stand at the end. */
export function mergeExhibits(shown: readonly Exhibit[], later: readonly Exhibit[]): Exhibit[] {
  return [...new Map([...shown, ...later].map((exhibit) => [exhibit.title, exhibit])).values()];
}

/** Bytes of an image, row by row, in base64, as an image exhibit holds them. */
export function encodePixels(bytes: Uint8Array | Uint8ClampedArray): string {
  return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''));
}

/** The bytes of an image exhibit that has been checked. */
export function decodePixels(pixels: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(pixels), (character) => character.charCodeAt(0));
}

const label: check.Check<string> = check.textUpTo(exhibitLimits.label);

/** A whole number from 1. */
const side =
  (most: number): check.Check<number> =>
  (value, where) =>
    check.whole(value, where) >= 1 && (value as number) <= most
      ? (value as number)
      : check.refuse(where, value, `a whole number from 1 to ${most}`);

const imageFields = check.shape<ImageExhibit>({
  kind: check.oneOf('image'),
  title: label,
  width: side(exhibitLimits.image),
  height: side(exhibitLimits.image),
  channels: check.oneOf(1, 3),
  pixels: check.text,
});

const image: check.Check<ImageExhibit> = (value, where) => {
  const exhibit = imageFields(value, where);
  const { width, height, channels, pixels } = exhibit;
  const bytes = width * height * channels;
  const padding = (3 - (bytes % 3)) % 3;
  const digits = pixels.slice(0, pixels.length - padding);
  const whole = pixels.length === 4 * Math.ceil(bytes / 3) && pixels.endsWith('='.repeat(padding));
  return whole && !/[^A-Za-z0-9+/]/.test(digits)
    ? exhibit
    : check.refuse(
        `${where}.pixels`,
        pixels,
        `${bytes} bytes in base64, as [${height}, ${width}, ${channels}]`,
      );
};

const heatMapFields = check.shape<HeatMapExhibit>({
  kind: check.oneOf('heat map'),
  title: label,
  rowAxis: label,
  columnAxis: label,
  values: check.list(check.list(check.finite, { most: exhibitLimits.heatMap, least: 1 }), {
    most: exhibitLimits.heatMap,
    least: 1,
  }),
});

const heatMap: check.Check<HeatMapExhibit> = (value, where) => {
  const exhibit = heatMapFields(value, where);
  const columns = exhibit.values[0]!.length;
  const odd = exhibit.values.findIndex((row) => row.length !== columns);
  return odd < 0
    ? exhibit
    : check.refuse(`${where}.values[${odd}]`, exhibit.values[odd], `${columns} numbers, as in the first row`);
};

const point: check.Check<readonly [number, number]> = (value, where) => {
  const numbers = check.list(check.finite)(value, where);
  return numbers.length === 2
    ? [numbers[0]!, numbers[1]!]
    : check.refuse(where, value, 'two numbers, x and y');
};

const lines = check.shape<LinesExhibit>({
  kind: check.oneOf('lines'),
  title: label,
  xAxis: label,
  yAxis: label,
  lines: check.list(
    check.shape<LinesExhibit['lines'][number]>({
      label,
      points: check.list(point, { most: exhibitLimits.points }),
    }),
    { most: exhibitLimits.lines },
  ),
});

const kinds: { readonly [Kind in Exhibit['kind']]: check.Check<Extract<Exhibit, { kind: Kind }>> } = {
  text: check.shape<TextExhibit>({
    kind: check.oneOf('text'),
    title: label,
    text: check.textUpTo(exhibitLimits.text),
  }),
  image,
  'heat map': heatMap,
  lines,
};

const kindCheck = check.shape<Pick<Exhibit, 'kind'>>({
  kind: check.oneOf(...(Object.keys(kinds) as Exhibit['kind'][])),
});

const exhibitCheck: check.Check<Exhibit> = (value, where) =>
  kinds[kindCheck(value, where).kind](value, where);

const listCheck = check.list(exhibitCheck, { most: exhibitLimits.exhibits });

/** The exhibits of a run: within the limits, each with a title of its own. */
export const exhibitsCheck: check.Check<Exhibit[]> = (value, where) => {
  const exhibits = listCheck(value, where);
  exhibits.forEach(({ title }, i) => {
    if (exhibits.findIndex((each) => each.title === title) < i)
      check.refuse(`${where}[${i}].title`, title, 'a title that no other exhibit of the run has');
  });
  const { length } = JSON.stringify(exhibits);
  return length <= exhibitLimits.characters
    ? exhibits
    : check.refuse(
        where,
        `${length} characters`,
        `at most ${exhibitLimits.characters} in all exhibits of a run`,
      );
};
