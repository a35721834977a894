/** The gateway as a library: mount it in a server of your own, or run ours. */
export { Credentials } from './access/credentials.ts'
export { GrantError } from './access/grant.ts'
export {
  type Authentication,
  type AuthenticationOptions,
  createAuthentication,
} from './auth/authentication.ts'
export { anybody, type Caller, type CallerOptions, createCaller } from './caller.ts'
export { ConfigError } from './config/config-error.ts'
export type { Databases } from './database/databases.ts'
export type { DatabaseHealth } from './database/health.ts'
export type { DatabaseOptions, LiveDatabase } from './database/live-database.ts'
export { defaultLimits, defaultRateLimits } from './defaults.ts'
export { type ErrorCode, errorCodes, PgqError } from './errors.ts'
export {
  createGateway,
  type Gateway,
  type GatewayHealth,
  type GatewayLimits,
  type GatewayOptions,
  type GatewayRateLimits,
} from './gateway/gateway.ts'
export type { Instrumentation } from './instrumentation.ts'
export type { Mover, MoverSource, MoverStatus } from './mover/mover.ts'
export type { MoverOptions } from './mover-plan.ts'
export type { SchemaContext } from './schema/context.ts'
export { createPgqSchema } from './schema/index.ts'
export type { TlsFiles } from './server/certificate.ts'
export { createPgqServer, type PgqServer, type PgqServerOptions } from './server/server.ts'
export type { TickerOptions } from './ticker/ticker.ts'
export type { Authenticate } from './transports/transport.ts'
