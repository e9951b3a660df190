import { nodePlatform } from './cpu.js';
import { copierOf } from './nodeGpu.js';

// Tries whether there is a GPU, in a process of its own: a driver may end the process that calls it.
try {
  await copierOf(await nodePlatform('webgpu', {}), { dtype: 'float32', shape: [] });
} catch (error) {
  const message = (error as Error).message.trim();
  process.stdout.write(/Failed to get a WebGPU adapter: (.*)/.exec(message)?.[1] ?? message);
}
