import {
  columns,
  type Dataset,
  featuresAndTarget,
  type HostArray,
  type ImageFile,
  imageFolder,
  readCsv,
} from '@evenkeel/nn';
import { formatShape, type ImportedModule } from '@evenkeel/tensor';

/** A model's inputs with their labels. */
export type LabelledBatch = {
  /** `[n, …]` as the model takes them. */
  readonly inputs: HostArray;
  /** int32 `[n]` */
  readonly labels: HostArray;
};

/** What a model is trained and tested on. */
export interface Samples {
  readonly dataset: Dataset<LabelledBatch>;
  /** Of the samples, in their order. */
  readonly labels: Int32Array;
  /** What the labels stand for, by their number. */
  readonly classes: readonly string[];
}

/** The shape of one sample. @throws RangeError for models with several inputs, or an input of open lengths */
function sampleShape({ inputs }: ImportedModule): readonly number[] {
  const [input, ...others] = inputs;
  if (!input || others.length > 0)
    throw new RangeError(`data: the model takes ${inputs.length} inputs, expected one`);
  const lengths = input.shape?.slice(1);
  if (input.dtype !== 'float32' || !lengths?.every((each) => typeof each === 'number')) {
    const shape = input.shape?.map((each) => each ?? '?').join(', ') ?? '?';
    throw new RangeError(
      `data: the model's input "${input.name}" is ${input.dtype} [${shape}], expected float32 with all lengths but the first given`,
    );
  }
  return lengths as readonly number[];
}

/** Names as numbers of classes: whole numbers are what they say, other names are numbered in ascending order. */
function numbered(names: readonly string[]): {
  readonly numberOf: (name: string) => number;
  readonly classes: string[];
} {
  if (names.every((name) => /^\d{1,6}$/.test(name))) {
    const most = Math.max(...names.map(Number));
    return { numberOf: Number, classes: Array.from({ length: most + 1 }, (_, i) => String(i)) };
  }
  const classes = [...names].sort();
  return { numberOf: (name) => classes.indexOf(name), classes };
}

/**
 * Rows of a table with a header line: numbers, and in the last column the class. As many numbers as the model's input has.
 * @throws RangeError as `readCsv`, and for tables that do not fit the model
 */
export function csvSamples(text: string, model: ImportedModule): Samples {
  const shape = sampleShape(model);
  const size = shape.reduce((a, b) => a * b, 1);
  const header = (text.replace(/^\ufeff/, '').split(/\r?\n/, 1)[0] ?? '')
    .split(',')
    .map((cell) => cell.replace(/^"(.*)"$/, '$1'));
  const target = header.at(-1)!;
  if (header.length !== size + 1) {
    throw new RangeError(
      `data: the table has ${header.length} columns, expected ${size + 1}: the numbers of an input ${formatShape(shape)} and the class`,
    );
  }
  const schema = Object.fromEntries(
    header.map((name, i) => [name, i < size ? ('number' as const) : ('category' as const)]),
  );
  const { columns: table, levels } = readCsv(text, schema);
  if (table.length === 0) throw new RangeError('data: the table has no rows');
  const { columns: rows } = featuresAndTarget(table, { target, levels });
  const names = levels[target]!;
  const { numberOf, classes } = numbered(names);
  const labels = Int32Array.from(rows.columns.targets.data, (level) => numberOf(names[Number(level)]!));
  const dataset = columns({
    inputs: { ...rows.columns.inputs, shape: [rows.length, ...shape] },
    labels: { data: labels, shape: [rows.length], dtype: 'int32' as const },
  });
  return { dataset, labels, classes };
}

/**
 * Pictures in folders that are named as their classes, as numbers from 0 to 1 in the size that the model takes.
 * @throws RangeError as `imageFolder`, and for models that take no pictures
 */
export function folderSamples(files: Iterable<ImageFile>, model: ImportedModule): Samples {
  const shape = sampleShape(model);
  const [channels, height, width] = shape;
  if (shape.length !== 3 || (channels !== 1 && channels !== 3)) {
    throw new RangeError(
      `data: the model takes inputs [n, ${shape.join(', ')}], expected pictures [n, 1 or 3, height, width]`,
    );
  }
  const folder = imageFolder(files, { size: [height!, width!], channels });
  const { numberOf, classes } = numbered(folder.classes);
  const labelOf = (label: number) => numberOf(folder.classes[label]!);
  const dataset: Dataset<LabelledBatch> = {
    length: folder.length,
    async read(indices) {
      const { images, labels } = await folder.read(indices);
      return { inputs: images, labels: { ...labels, data: Int32Array.from(labels.data, labelOf) } };
    },
  };
  return { dataset, labels: folder.labels.map(labelOf), classes };
}
