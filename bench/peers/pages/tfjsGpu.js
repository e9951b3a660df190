import '@tensorflow/tfjs-backend-webgpu';
import { tfjs } from '../tfjs.js';
import { offer } from './offer.js';

offer(tfjs('webgpu'));
