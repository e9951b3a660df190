import { sveltekit } from '@sveltejs/kit/vite';
import { defaultClientConditions, defineConfig } from 'vite';

export default defineConfig({
  plugins: [sveltekit()],
  worker: { format: 'es' },
  // ONNX Runtime's glue as a file of its own: bundled, its threads would start our worker's script.
  resolve: { conditions: ['onnxruntime-web-use-extern-wasm', ...defaultClientConditions] },
  // Linked packages would be bundled, and the engine's native runtime cannot be.
  ssr: { external: ['@evenkeel/feed', '@evenkeel/lab', '@evenkeel/methods', '@evenkeel/web'] },
});
