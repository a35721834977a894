import { defineConfig } from 'vitest/config'

export default defineConfig({
  // Node takes graphql's CommonJS build; so must the code that Vite loads, or there are two of it.
  resolve: { alias: [{ find: /^graphql$/, replacement: 'graphql/index.js' }] },
  test: {
    include: ['test/**/*.test.ts', 'client/test/**/*.test.ts', 'codegen/test/**/*.test.ts'],
    globalSetup: ['test/support/global-setup.ts'],
    setupFiles: ['test/support/leaks.ts'],
    testTimeout: 30_000,
    hookTimeout: 60_000,
    maxWorkers: 2,
    sequence: { hooks: 'stack' },
  },
})
