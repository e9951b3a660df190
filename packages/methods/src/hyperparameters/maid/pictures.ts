import { encodePixels, type ImageExhibit } from '@evenkeel/lab';

/** Pictures of one size in rows and columns, brightness in [0, 1], with a white line between them. */
export interface PictureTable {
  readonly title: string;
  readonly size: number;
  /** Columns from the left; each holds the pixels of its pictures, one picture after the other. */
  readonly columns: readonly ArrayLike<number>[];
}

/** The table as one picture. */
export function pictureTable({ title, size, columns }: PictureTable): ImageExhibit {
  const gap = 2;
  const rows = columns[0]!.length / size ** 2;
  const [width, height] = [columns.length, rows].map((count) => count * (size + gap) - gap) as [
    number,
    number,
  ];
  const pixels = new Uint8ClampedArray(width * height).fill(255);
  columns.forEach((column, across) => {
    for (let i = 0; i < column.length; i++) {
      const [row, y, x] = [Math.floor(i / size ** 2), Math.floor(i / size) % size, i % size];
      pixels[(row * (size + gap) + y) * width + across * (size + gap) + x] = 255 * column[i]!;
    }
  });
  return { kind: 'image', title, width, height, channels: 1, pixels: encodePixels(pixels) };
}
