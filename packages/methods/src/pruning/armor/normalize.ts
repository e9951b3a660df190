import { formatShape, isFloat, mean, ShapeError, type Tensor, tensor } from '@evenkeel/tensor';

/** Weights with rows and columns of similar size, and how to go back: W = normalized · rowNorm · columnNorm. */
export interface NormalizedWeight {
  /** Wbar `[outputs, inputs]` */
  readonly normalized: Tensor;
  /** r `[outputs]`, of the rows after the columns were divided. */
  readonly rowNorm: Tensor;
  /** c `[inputs]` */
  readonly columnNorm: Tensor;
}

/** How norms are kept from 0. */
export interface NormOptions {
  /** Added to the norms of columns and rows; 1e-5 unless said. */
  readonly epsilon?: number;
}

/**
 * The normalization of NoWag: columns are divided by their norm, then rows by theirs, each plus `epsilon`:
 * c_j = ‖W_:j‖ + ε, r_i = ‖(W / c)_i:‖ + ε, Wbar = W / c / r.
 * @param weight `[outputs, inputs]`
 * @throws ShapeError for other ranks; RangeError for weights that are not float, or known not to be finite
 */
export function normalizeWeight(weight: Tensor, { epsilon = 1e-5 }: NormOptions = {}): NormalizedWeight {
  requireMatrix('normalizeWeight', weight);
  const columnNorm = weight.square().sum({ axis: 0 }).sqrt().add(epsilon);
  const columns = weight.div(columnNorm);
  const rows = columns.square().sum({ axis: 1, keepAxes: true }).sqrt().add(epsilon);
  return { normalized: columns.div(rows), rowNorm: rows.reshape([-1]), columnNorm };
}

/** The weights of which `normalizeWeight` made these. */
export const denormalizeWeight = ({ normalized, rowNorm, columnNorm }: NormalizedWeight): Tensor =>
  normalized.mul(rowNorm.reshape([rowNorm.size, 1])).mul(columnNorm);

/** @throws ShapeError for other ranks than 2; RangeError for weights that are not float, or known not to be finite */
export function requireMatrix(name: string, weight: Tensor): void {
  if (weight.rank !== 2)
    throw new ShapeError(`${name}: expected a weight [outputs, inputs], got ${formatShape(weight.shape)}`);
  if (!isFloat(weight.dtype)) throw new RangeError(`${name}: expected float weights, got ${weight.dtype}`);
  const wrong = weight.value && Array.from(weight.value.data, Number).find((each) => !Number.isFinite(each));
  if (wrong !== undefined) throw new RangeError(`${name}: weights must be finite, got ${wrong}`);
}

/**
 * How much each input of a layer matters: h_j = 2 · the mean of x_j² over calibration inputs. The factor 2 drops out of
 * relative losses.
 * @param inputs `[…, inputs]`, what the layer is given for data like those in use
 * @returns `[inputs]`
 * @throws ShapeError for fewer than two axes
 */
export function inputImportance(inputs: Tensor): Tensor {
  if (inputs.rank < 2)
    throw new ShapeError(`inputImportance: expected inputs [..., inputs], got ${formatShape(inputs.shape)}`);
  const width = inputs.length(-1);
  return mean(inputs.square().reshape([inputs.size / width, width]), { axis: 0 }).mul(2);
}

/**
 * Importances as a tensor like the weight's: entries that are 0 or not finite become the mean of the others.
 * @throws RangeError for another length than `inputs`, negative entries, and when none is above 0
 */
export async function cleanImportance(
  name: string,
  importance: Tensor | readonly number[],
  weight: Tensor,
): Promise<Tensor> {
  const given = 'data' in importance ? Array.from(await importance.data(), Number) : [...importance];
  if (given.length !== weight.length(1))
    throw new RangeError(`${name}: importance: got ${given.length} numbers for ${weight.length(1)} inputs`);
  const negative = given.find((each) => each < 0);
  if (negative !== undefined)
    throw new RangeError(`${name}: importance: got ${negative}, expected at least 0`);
  const isValid = (each: number) => Number.isFinite(each) && each > 0;
  const valid = given.filter(isValid);
  if (valid.length === 0) throw new RangeError(`${name}: importance: no entry is finite and above 0`);
  const middle = valid.reduce((sum, each) => sum + each / valid.length, 0);
  return tensor(
    given.map((each) => (isValid(each) ? each : middle)),
    weight.dtype,
  );
}
