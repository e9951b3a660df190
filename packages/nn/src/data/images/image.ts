/** A picture of bytes, 0 the darkest: row by row, the channels of a pixel beside each other. */
export interface Image {
  readonly width: number;
  readonly height: number;
  /** 1 for grey, 3 for red, green and blue. */
  readonly channels: 1 | 3;
  /** `[height, width, channels]` */
  readonly pixels: Uint8Array;
}

/** The image in grey (0.299 red + 0.587 green + 0.114 blue) or in three channels, which are equal when it was grey. */
export function withChannels(image: Image, channels: 1 | 3): Image {
  if (image.channels === channels) return image;
  const { pixels: from, width, height } = image;
  const pixels = new Uint8Array(width * height * channels);
  for (let i = 0; i < width * height; i++) {
    if (channels === 3) pixels.fill(from[i]!, 3 * i, 3 * i + 3);
    else pixels[i] = Math.round(0.299 * from[3 * i]! + 0.587 * from[3 * i + 1]! + 0.114 * from[3 * i + 2]!);
  }
  return { width, height, channels, pixels };
}

/**
 * The image in another size, by bilinear interpolation; when it becomes smaller, over all pixels that fall on one, so that
 * fine patterns turn grey instead of into others.
 * @throws RangeError unless the sizes are positive integers
 */
export function resizeImage(image: Image, height: number, width: number): Image {
  requireSize('resizeImage', height, width);
  const { channels, pixels } = image;
  const across = interpolation(image.width, width);
  const down = interpolation(image.height, height);
  const wide = new Float32Array(image.height * width * channels);
  for (let y = 0; y < image.height; y++) {
    across.forEach(({ from, weights }, x) => {
      for (let channel = 0; channel < channels; channel++) {
        let sum = 0;
        for (let i = 0; i < weights.length; i++) {
          sum += weights[i]! * pixels[(y * image.width + from + i) * channels + channel]!;
        }
        wide[(y * width + x) * channels + channel] = sum;
      }
    });
  }
  const row = width * channels;
  const resized = new Uint8Array(height * row);
  down.forEach(({ from, weights }, y) => {
    for (let i = 0; i < row; i++) {
      let sum = 0;
      for (let k = 0; k < weights.length; k++) sum += weights[k]! * wide[(from + k) * row + i]!;
      resized[y * row + i] = Math.round(sum);
    }
  });
  return { width, height, channels, pixels: resized };
}

/** The middle of an image. @throws RangeError when it is smaller than that */
export function centreCrop(image: Image, height: number, width: number): Image {
  requireSize('centreCrop', height, width);
  if (height > image.height || width > image.width) {
    throw new RangeError(
      `centreCrop: an image of ${image.height} × ${image.width} has no middle of ${height} × ${width}`,
    );
  }
  const { channels, pixels } = image;
  const [top, left] = [Math.floor((image.height - height) / 2), Math.floor((image.width - width) / 2)];
  const cropped = new Uint8Array(height * width * channels);
  for (let y = 0; y < height; y++) {
    const from = ((top + y) * image.width + left) * channels;
    cropped.set(pixels.subarray(from, from + width * channels), y * width * channels);
  }
  return { width, height, channels, pixels: cropped };
}

/** The whole of an image in the given proportions: resized so that it just covers them, and cropped around the middle. */
export function coverSize(image: Image, height: number, width: number): Image {
  requireSize('coverSize', height, width);
  const factor = Math.max(height / image.height, width / image.width);
  const covered = (length: number, least: number) => Math.max(least, Math.round(length * factor));
  const resized =
    factor === 1 ? image : resizeImage(image, covered(image.height, height), covered(image.width, width));
  return centreCrop(resized, height, width);
}

interface Interpolation {
  /** The first of the pixels that count. */
  readonly from: number;
  readonly weights: readonly number[];
}

/** For each pixel of a new length, which old ones count how much: a triangle over the old pixels around its middle. */
function interpolation(length: number, newLength: number): Interpolation[] {
  const factor = length / newLength;
  const reach = Math.max(1, factor);
  return Array.from({ length: newLength }, (_, i) => {
    const middle = (i + 0.5) * factor;
    const from = Math.max(0, Math.floor(middle - reach + 0.5));
    const to = Math.min(length, Math.floor(middle + reach + 0.5));
    const weights = Array.from({ length: to - from }, (_, k) =>
      Math.max(0, 1 - Math.abs(from + k + 0.5 - middle) / reach),
    );
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    return { from, weights: weights.map((weight) => weight / total) };
  });
}

/** @throws RangeError unless both are positive integers */
export function requireSize(name: string, height: number, width: number): void {
  if (!(Number.isInteger(height) && height > 0 && Number.isInteger(width) && width > 0)) {
    throw new RangeError(`${name}: height and width must be positive integers, got ${height} × ${width}`);
  }
}
