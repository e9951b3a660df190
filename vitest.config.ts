import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';
import { postgresPrograms } from './packages/feed/src/testing/postgres.js';

const feedTests = 'packages/feed/src/**/*.test.ts';
/** What starts browsers and programs, or measures time and memory: one file at a time, when all others have ended. */
const aloneTests = [
  'apps/cli/{src,test}/**/*.test.ts',
  'apps/web/test/**/*.test.ts',
  'packages/tensor/src/conformance/*.test.ts',
  'packages/*/src/**/*{memory,Memory,kill}.test.ts',
];
const hasPostgres = postgresPrograms() !== undefined;
if (!hasPostgres && !process.env.CI) {
  console.warn('PostgreSQL is not installed: the tests of the feed run on SQLite only (Debian: postgresql).');
}

export default defineConfig({
  resolve: { conditions: ['evenkeel-source'] },
  ssr: { resolve: { conditions: ['evenkeel-source', 'module', 'node', 'development|production'] } },
  test: {
    pool: 'forks',
    maxWorkers: Math.max(2, availableParallelism() - 1),
    testTimeout: 60_000,
    setupFiles: './scripts/fixed-seed.mjs',
    reporters: ['default', 'json'],
    outputFile: { json: 'coverage/tests.json' },
    projects: [
      {
        extends: true,
        test: {
          name: 'all',
          include: ['docs/*.test.ts', 'packages/*/src/**/*.test.ts', 'apps/*/{src,server,test}/**/*.test.ts'],
          exclude: aloneTests,
        },
      },
      {
        extends: true,
        test: {
          name: 'alone',
          include: aloneTests,
          maxWorkers: 1,
          sequence: { groupOrder: 1 },
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
