/** Shapes that do not fit together. The message names the function and every shape. */
export class ShapeError extends Error {
  override readonly name = 'ShapeError';
}

/** Element types that do not fit together, or that an operation does not take. */
export class DTypeError extends Error {
  override readonly name = 'DTypeError';
}

/** A traced computation that ONNX Runtime could not load or run. */
export class RuntimeError extends Error {
  override readonly name = 'RuntimeError';
}

/** A computation that cannot be written to a file as asked. */
export class ExportError extends Error {
  override readonly name = 'ExportError';
}
