import { setThreadsCount, setWasmPaths } from '@tensorflow/tfjs-backend-wasm';
import { tfjs } from '../tfjs.js';
import { offer, threads } from './offer.js';

setThreadsCount(threads);
setWasmPaths('/tfjs-backend-wasm/');
offer(tfjs('wasm'));
