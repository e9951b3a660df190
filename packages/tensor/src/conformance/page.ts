import { env } from 'onnxruntime-web/wasm';
import { env as gpuEnv } from 'onnxruntime-web/webgpu';
import { availableRuntimes, type RuntimeName, useRuntime } from '../index.js';
import { runPrograms } from './results.js';
import { takeSmallSteps } from './smallSteps.js';

// What the conformance tests call in a browser. ONNX Runtime's files are served beside the page.
for (const { wasm } of [env, gpuEnv]) wasm.wasmPaths = '/runtime/';

Object.assign(globalThis, {
  availableRuntimes,
  takeSmallSteps,
  useRuntime,
  async outcomesIn(name: RuntimeName, threads?: number) {
    await useRuntime(name, threads === undefined ? {} : { threads });
    return runPrograms();
  },
});
