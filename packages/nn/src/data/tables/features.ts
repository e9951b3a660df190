import { type Columns, columns, type HostArray, type HostBatch } from '../dataset.js';

/** Rows of numbers, and what is to be learned of each. */
export type FeaturesAndTarget = {
  /** float32 `[rows, features]` */
  readonly inputs: HostArray;
  /** As the target's column was: int32 for categories, floats for numbers. */
  readonly targets: HostArray;
};

/** How the columns of a table become features. */
export interface FeaturesOptions {
  /** The column that is to be learned. */
  readonly target: string;
  /** The words of the category columns, as `readCsv` returns them. */
  readonly levels: Readonly<Record<string, readonly string[]>>;
}

/**
 * A table as a matrix: numbers as they are, and for each level of a category a feature that is 1 in its rows and 0 in
 * others, in the order of the columns.
 * @returns the columns, and the name of each feature, such as `age` or `city=Rome`
 * @throws RangeError for a target that is not there, or a column of one axis that is neither floats nor a category
 */
export function featuresAndTarget(
  table: Columns<HostBatch>,
  { target, levels }: FeaturesOptions,
): { readonly columns: Columns<FeaturesAndTarget>; readonly names: readonly string[] } {
  const { [target]: targets, ...rest } = table.columns;
  if (!targets) {
    throw new RangeError(
      `featuresAndTarget: there is no column ${target} among ${Object.keys(table.columns).join(', ')}`,
    );
  }
  const features = Object.entries(rest).flatMap(([name, array]) => featuresOf(name, array, levels[name]));
  if (features.length === 0) throw new RangeError(`featuresAndTarget: there is no column beside ${target}`);
  const data = new Float32Array(table.length * features.length);
  for (let row = 0; row < table.length; row++) {
    features.forEach(({ at }, i) => {
      data[row * features.length + i] = at(row);
    });
  }
  const inputs: HostArray = { data, shape: [table.length, features.length], dtype: 'float32' };
  return { columns: columns({ inputs, targets }), names: features.map(({ name }) => name) };
}

interface Feature {
  readonly name: string;
  readonly at: (row: number) => number;
}

function featuresOf(
  name: string,
  { data, dtype, shape, scale = 1 }: HostArray,
  levels?: readonly string[],
): Feature[] {
  const isFloat = dtype === 'float32' || dtype === 'float64';
  if (shape.length !== 1 || isFloat === Boolean(levels)) {
    throw new RangeError(`featuresAndTarget: ${name} is neither a column of numbers nor one of a category`);
  }
  if (!levels) return [{ name, at: (row) => data[row]! * scale }];
  return levels.map((level, i) => ({ name: `${name}=${level}`, at: (row) => Number(data[row] === i) }));
}
