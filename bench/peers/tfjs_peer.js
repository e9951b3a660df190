import { fileURLToPath } from 'node:url';
import { serve } from '../dist/peers/serve.js';
import { tfjs } from './tfjs.js';

await serve(
  tfjs(fileURLToPath(new URL('../node_modules/@tensorflow/tfjs-backend-wasm/dist/', import.meta.url))),
);
