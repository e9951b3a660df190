import { serve } from '../dist/peers/serve.js';
import { jaxJs } from './jaxjs.js';
import { versionOf } from './version.js';

await serve(jaxJs('wasm', versionOf('@jax-js/jax')));
