import { sveltekit } from '@sveltejs/kit/vite';
import { defineConfig } from 'vite';

export default defineConfig({
  plugins: [sveltekit()],
  worker: { format: 'es' },
  // Linked packages would be bundled, and the engine's native runtime cannot be.
  ssr: { external: ['@evenkeel/feed', '@evenkeel/lab', '@evenkeel/methods', '@evenkeel/web'] },
});
