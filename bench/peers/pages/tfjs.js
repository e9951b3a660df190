import { setThreadsCount } from '@tensorflow/tfjs-backend-wasm';
import { tfjs } from '../tfjs.js';
import { offer, threads } from './offer.js';

setThreadsCount(threads);
offer(tfjs('/tfjs-backend-wasm/'));
