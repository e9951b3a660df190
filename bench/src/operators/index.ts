import { convolutions } from './convolution.js';
import { matrices } from './matrix.js';
import { normalizations } from './normalization.js';
import { optimizers } from './optimizer.js';
import { pools } from './pooling.js';
import { randomness } from './randomness.js';
import { reductions } from './reductions.js';
import type { Row } from './row.js';
import { sequences } from './sequences.js';

/** @throws RangeError for a name that no row has */
export function rowNamed(name: string): Row {
  const found = rows.find((row) => row.name === name);
  if (!found) throw new RangeError(`operators: there is no ${name}`);
  return found;
}

export const rows: readonly Row[] = [
  ...convolutions,
  ...matrices,
  ...reductions,
  ...pools,
  ...normalizations,
  ...sequences,
  ...optimizers,
  ...randomness,
];
