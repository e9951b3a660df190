/** Rows of a statement unless said, well below the engines' limits on parameters. */
const usualSize = 500;

/** A list in parts, so that each can be the parameters of one statement. */
export function* chunks<Value>(values: readonly Value[], size = usualSize): Generator<readonly Value[]> {
  for (let start = 0; start < values.length; start += size) yield values.slice(start, start + size);
}
