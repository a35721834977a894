import { availableParallelism } from 'node:os'
import { defineConfig } from 'vitest/config'
import { LongestFirst } from './test/support/longest-first.ts'

export default defineConfig({
  // Node takes graphql's CommonJS build; so must the code that Vite loads, or there are two of it.
  resolve: { alias: [{ find: /^graphql$/, replacement: 'graphql/index.js' }] },
  test: {
    include: ['test/**/*.test.ts', 'client/test/**/*.test.ts', 'codegen/test/**/*.test.ts'],
    globalSetup: ['test/support/global-setup.ts'],
    setupFiles: ['test/support/leaks.ts'],
    testTimeout: 60_000,
    hookTimeout: 120_000,
    // Each worker has its own PostgreSQL servers, which also need processors.
    maxWorkers: Math.min(Math.max(availableParallelism(), 2), 4),
    sequence: { hooks: 'stack', sequencer: LongestFirst },
  },
})
