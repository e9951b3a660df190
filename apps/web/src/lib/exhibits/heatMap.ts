import { extent } from 'd3-array';

/** Steps of shade between the faintest and the strongest. */
const shades = 32;

/** How a heat map is coloured: from its least to its greatest value, or, with values of both signs, around 0. */
export interface Shading {
  readonly low: number;
  readonly high: number;
  readonly diverging: boolean;
}

/** The colour of a value: how strong, from 0 to 1, and whether it is that of values below 0. */
export interface Shade {
  readonly opacity: number;
  readonly below: boolean;
}

/** Cells of one shade, as a path over squares of side 1. */
export interface ShadedCells extends Shade {
  readonly path: string;
}

export function shadingOf(values: readonly (readonly number[])[]): Shading {
  const [least = 0, greatest = 0] = extent(values.flat());
  if (least >= 0 || greatest <= 0) return { low: least, high: greatest, diverging: false };
  const reach = Math.max(-least, greatest);
  return { low: -reach, high: reach, diverging: true };
}

export function shadeOf(value: number, { low, high, diverging }: Shading): Shade {
  const strength = diverging ? Math.abs(value) / high : high > low ? (value - low) / (high - low) : 0.5;
  return { opacity: Math.round(strength * shades) / shades, below: diverging && value < 0 };
}

/** All cells of a heat map, one path for each shade, so that a page carries few elements however many cells there are. */
export function shadedCells(
  values: readonly (readonly number[])[],
  shading: Shading = shadingOf(values),
): ShadedCells[] {
  const groups = new Map<string, ShadedCells>();
  values.forEach((row, y) => {
    const shadesOfRow = row.map((value) => shadeOf(value, shading));
    for (let x = 0; x < row.length; ) {
      const shade = shadesOfRow[x]!;
      let end = x + 1;
      while (end < row.length && sameShade(shadesOfRow[end]!, shade)) end++;
      const key = `${shade.below} ${shade.opacity}`;
      const path = `${groups.get(key)?.path ?? ''}M${x} ${y}h${end - x}v1h${x - end}z`;
      groups.set(key, { ...shade, path });
      x = end;
    }
  });
  return [...groups.values()];
}

const sameShade = (a: Shade, b: Shade): boolean => a.opacity === b.opacity && a.below === b.below;
