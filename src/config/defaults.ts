import { defaultLimits } from '../resolvers/limits.ts'
import type { Config } from './shape.ts'

/** Values of settings that neither flag nor environment nor file gives. There are no defaults elsewhere. */
export const defaults = {
  host: '127.0.0.1',
  port: 4000,
  allowUnauthenticatedRemote: false,
  databaseUrl: null,
  engine: 'auto',
  dataDirectory: '.pgq-graphql',
  logLevel: 'info',
  connections: {
    maxPerRole: 10,
    statementTimeoutMs: 30_000,
  },
  ticker: {
    enabled: true,
  },
  limits: {
    ...defaultLimits,
    maxRequestBytes: 8 * 1024 * 1024,
    maxAliases: 100,
    maxDepth: 16,
    maxTokens: 10_000,
  },
} satisfies Config
