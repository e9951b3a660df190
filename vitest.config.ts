import { defineConfig } from 'vitest/config';

export default defineConfig({
  resolve: { conditions: ['evenkeel-source'] },
  ssr: { resolve: { conditions: ['evenkeel-source', 'module', 'node', 'development|production'] } },
  test: {
    include: ['docs/*.test.ts', 'packages/*/src/**/*.test.ts', 'apps/*/{src,server,test}/**/*.test.ts'],
    pool: 'forks',
    testTimeout: 30_000,
    reporters: ['default', 'json'],
    outputFile: { json: 'coverage/tests.json' },
  },
});
