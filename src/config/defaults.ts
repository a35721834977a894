import { defaultConnections, defaultLimits, defaultRateLimits } from '../defaults.ts'
import type { Config } from './shape.ts'

/** What holds where neither flag nor environment nor file says otherwise. */
export const defaults = {
  host: '127.0.0.1',
  port: 4000,
  allowUnauthenticatedRemote: false,
  basePath: '/',
  publicUrl: null,
  allowedHosts: [],
  cors: {
    origins: [],
  },
  tls: {
    certFile: null,
    keyFile: null,
  },
  trustProxy: false,
  tracing: { traceparentColumn: null },
  metrics: { enabled: true, port: null, host: '127.0.0.1' },
  databases: {},
  engine: 'auto',
  dataDirectory: '.pgq-graphql',
  logLevel: 'info',
  connections: defaultConnections,
  ticker: {
    enabled: true,
  },
  limits: defaultLimits,
  auditFile: null,
  persistedDocuments: { file: null, only: false },
  introspection: true,
  dashboard: true,
  rateLimits: defaultRateLimits,
  auth: { jwt: [], keysFile: null, anonymous: [] },
  movers: {},
} satisfies Config
