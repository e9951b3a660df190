import { isFloat, type RuntimeName } from '../index.js';
import { programs } from './programs.js';
import { elementsOf, type Outcome, type Result } from './results.js';

/** What is wrong with outcomes, one line a result. */
export function complaints(
  outcomes: Record<string, Outcome>,
  reference: Record<string, Outcome>,
  runtime: RuntimeName,
): string[] {
  const gpu = runtime === 'webgpu';
  return programs.flatMap((program) => {
    const [actual, expected] = [outcomes[program.name]!, reference[program.name]!];
    if ('error' in expected) return `${program.name}: the reference failed: ${expected.error}`;
    if (program.float64 && gpu) {
      const refused = 'error' in actual && actual.error.includes('do not compute with float64');
      return refused ? [] : `${program.name}: float64 should have been refused`;
    }
    if ('error' in actual) return `${program.name}: ${actual.error}`;
    return expected.flatMap((result, i) => {
      const wrong = difference(actual[i]!, result, gpu ? program.toleranceOnGpu : undefined);
      return wrong ? `${program.name}: result ${i}: ${wrong}` : [];
    });
  });
}

/** Where and how far two results differ: floats by more than the tolerance, of the largest, all else by a bit. */
function difference(actual: Result, expected: Result, tolerance = 1e-4): string | undefined {
  const { dtype, shape } = expected;
  if (actual.dtype !== dtype || String(actual.shape) !== String(shape))
    return `${actual.dtype} [${actual.shape}] instead of ${dtype} [${shape}]`;
  if (!isFloat(dtype)) return actual.bytes === expected.bytes ? undefined : 'other bits';
  const [got, wanted] = [elementsOf(actual), elementsOf(expected)];
  let [size, worst] = [0, 0];
  wanted.forEach((value, i) => {
    size = Math.max(size, Math.abs(Number(value)));
    const error = Math.abs(Number(got[i]) - Number(value));
    worst = Number.isNaN(error) ? Number.POSITIVE_INFINITY : Math.max(worst, error);
  });
  return worst <= tolerance * size ? undefined : `off by ${worst}, of ${size}`;
}
