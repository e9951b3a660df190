/** A file that is no ONNX model, that exceeds a limit, or that uses what cannot be imported. The message says where. */
export class OnnxError extends Error {
  override readonly name = 'OnnxError';
}
