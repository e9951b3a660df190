import type { Call } from './call.js';

/** The version from which a reduction takes its axes as an input. */
const axesInputFrom = (type: string): number => (type === 'ReduceSum' ? 13 : 18);

/** The axes of a reduction: undefined for all, [] for none. */
export function axesOf(call: Call): readonly number[] | undefined {
  const axes =
    call.opset >= axesInputFrom(call.node.type) ? call.optionalNumbers(1, 'axes') : call.ints('axes');
  if (axes && axes.length > 0) return axes;
  return call.int('noop_with_empty_axes', 0) ? [] : undefined;
}
