import glueUrl from 'onnxruntime-web/ort-wasm-simd-threaded.mjs?url';
import wasmUrl from 'onnxruntime-web/ort-wasm-simd-threaded.wasm?url';
import { env } from 'onnxruntime-web/wasm';
import { firstLosses } from './losses.js';

env.wasm.wasmPaths = { mjs: new URL(glueUrl, location.href), wasm: new URL(wasmUrl, location.href) };
env.wasm.numThreads = crossOriginIsolated ? 2 : 1;

Object.assign(globalThis, { firstLosses });
