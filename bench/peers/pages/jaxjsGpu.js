import { version } from '../../node_modules/@jax-js/jax/package.json';
import { jaxJs } from '../jaxjs.js';
import { offer } from './offer.js';

offer(jaxJs('webgpu', version));
