import { useRuntime } from '@evenkeel/tensor';
import { env } from 'onnxruntime-web/webgpu';
import { evenkeel } from '../../dist/peers/evenkeel.js';
import { offer } from './offer.js';

env.wasm.wasmPaths = '/onnxruntime-web/';
env.wasm.numThreads = 1;
const side = evenkeel(`ONNX Runtime ${env.versions.web} WebGPU`);
offer({
  ...side,
  async describe() {
    await useRuntime('webgpu');
    return side.describe();
  },
});
