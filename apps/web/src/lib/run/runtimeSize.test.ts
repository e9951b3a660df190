import { statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { expect, it } from 'vitest';
import { runtimeBytes } from './runtimeSize.js';

it('is the size of the WebAssembly file of the installed ONNX Runtime', () => {
  const path = createRequire(import.meta.url).resolve('onnxruntime-web/ort-wasm-simd-threaded.wasm');
  expect(statSync(path).size).toBe(runtimeBytes);
});
