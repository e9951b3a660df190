import { env } from 'onnxruntime-web/wasm';
import { evenkeel } from '../../dist/peers/evenkeel.js';
import { offer, threads } from './offer.js';

env.wasm.wasmPaths = '/onnxruntime-web/';
env.wasm.numThreads = threads;
offer(evenkeel(`ONNX Runtime ${env.versions.web} Wasm`));
