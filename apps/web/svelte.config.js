import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import adapter from '@sveltejs/adapter-node';
import { vitePreprocess } from '@sveltejs/vite-plugin-svelte';

/** The script of the page's head that SvelteKit does not write itself. */
const [, headScript] = /<script>([\s\S]*?)<\/script>/.exec(
  readFileSync(new URL('src/app.html', import.meta.url), 'utf8'),
);
const headScriptHash = `sha256-${createHash('sha256').update(headScript).digest('base64')}`;

/** @type {import('@sveltejs/kit').Config} */
export default {
  preprocess: vitePreprocess(),
  kit: {
    adapter: adapter({ out: 'build' }),
    csp: {
      // Pages are kept for many visitors, which a nonce must not be.
      mode: 'hash',
      directives: {
        'default-src': ['none'],
        'script-src': ['self', 'wasm-unsafe-eval', headScriptHash],
        'style-src': ['self'],
        // The one style attribute of SvelteKit's own element that reads new titles out.
        'style-src-attr': ['unsafe-hashes', 'sha256-S8qMpvofolR8Mpjy4kQvEm7m1q8clzU4dfDH0AmvZjo='],
        'img-src': ['self', 'data:'],
        'connect-src': ['self'],
        'worker-src': ['self'],
        'manifest-src': ['self'],
        'form-action': ['self'],
        'base-uri': ['none'],
        'frame-ancestors': ['none'],
      },
    },
  },
};
