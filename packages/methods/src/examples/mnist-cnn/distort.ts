import type { GreyImages, RandomSource } from '@evenkeel/nn';

/** How far pictures are distorted at most, each way evenly. */
export interface Distortion {
  /** Radians around the middle. */
  readonly rotation: number;
  /** Share by which height and width change, each by itself. */
  readonly scale: number;
  /** Columns by which a row slides for each row that it lies below the middle. */
  readonly shear: number;
  /** Pixels. */
  readonly shift: number;
}

/** Each picture of a batch turned, stretched, slanted and moved at random, with zeros around it. */
export const distort =
  ({ rotation, scale, shear, shift }: Distortion) =>
  (batch: GreyImages, random: RandomSource): GreyImages => {
    const { images } = batch;
    const [samples, , height, width] = images.shape as [number, number, number, number];
    const data = new Uint8Array(images.data.length);
    const within = (most: number) => (2 * random.uniform() - 1) * most;
    for (let sample = 0; sample < samples; sample++) {
      const [angle, slant, right, down] = [within(rotation), within(shear), within(shift), within(shift)];
      const [wide, high] = [1 + within(scale), 1 + within(scale)];
      const [cosine, sine] = [Math.cos(angle), Math.sin(angle)];
      const from = sample * height * width;
      for (let row = 0; row < height; row++) {
        for (let column = 0; column < width; column++) {
          const [x, y] = [column - (width - 1) / 2 - right, row - (height - 1) / 2 - down];
          data[from + row * width + column] = Math.round(
            pixelAt(
              images.data,
              { from, height, width },
              (-sine * x + cosine * y) * high + (height - 1) / 2,
              (cosine * x + sine * y) * wide + slant * y + (width - 1) / 2,
            ),
          );
        }
      }
    }
    return { ...batch, images: { ...images, data } };
  };

/** The value between the four pixels around a place, which are 0 outside of the picture. */
function pixelAt(
  data: ArrayLike<number>,
  { from, height, width }: { readonly from: number; readonly height: number; readonly width: number },
  y: number,
  x: number,
): number {
  const [top, left] = [Math.floor(y), Math.floor(x)];
  const at = (row: number, column: number) =>
    row >= 0 && row < height && column >= 0 && column < width ? data[from + row * width + column]! : 0;
  const [lower, right] = [y - top, x - left];
  return (
    (1 - lower) * ((1 - right) * at(top, left) + right * at(top, left + 1)) +
    lower * ((1 - right) * at(top + 1, left) + right * at(top + 1, left + 1))
  );
}
