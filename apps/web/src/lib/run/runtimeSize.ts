/** Size of ONNX Runtime's WebAssembly file, uncompressed. A test compares it with the installed package. */
export const runtimeBytes = 14_239_897;
