import { defineConfig } from 'vitest/config';
import { postgresPrograms } from './packages/feed/src/testing/postgres.js';

const feedTests = 'packages/feed/src/**/*.test.ts';
const hasPostgres = postgresPrograms() !== undefined;
if (!hasPostgres && !process.env.CI) {
  console.warn('PostgreSQL is not installed: the tests of the feed run on SQLite only (Debian: postgresql).');
}

export default defineConfig({
  resolve: { conditions: ['evenkeel-source'] },
  ssr: { resolve: { conditions: ['evenkeel-source', 'module', 'node', 'development|production'] } },
  test: {
    pool: 'forks',
    testTimeout: 30_000,
    setupFiles: './scripts/fixed-seed.mjs',
    reporters: ['default', 'json'],
    outputFile: { json: 'coverage/tests.json' },
    projects: [
      {
        extends: true,
        test: {
          name: 'all',
          include: ['docs/*.test.ts', 'packages/*/src/**/*.test.ts', 'apps/*/{src,server,test}/**/*.test.ts'],
        },
      },
      ...(hasPostgres || process.env.CI
        ? [
            {
              extends: true as const,
              test: {
                name: 'postgresql',
                include: [feedTests],
                globalSetup: './packages/feed/src/testing/postgres.ts',
              },
            },
          ]
        : []),
    ],
  },
});
