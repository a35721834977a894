import { createServer } from 'node:net'
import type { Logger } from 'pino'
import type { Authentication } from '../auth/authentication.ts'
import { asksWho } from '../config/auth-shape.ts'
import type { Config } from '../config/shape.ts'
import { startEmbeddedServer } from '../embedded/embedded-server.ts'
import { isLoopback } from '../loopback.ts'
import type { TlsFiles } from '../server/certificate.ts'
import type { PgqServerOptions } from '../server/server.ts'
import { type Audit, auditInLog, openAuditFile } from './audit.ts'
import { CliError } from './connect.ts'
import { type ConfigSource, Reconfiguration } from './reconfiguration.ts'
import { aborted, shutdownSignal } from './shutdown.ts'
import { tellStarts } from './start-progress.ts'
import { databaseOptions, embeddedDatabase, givenDatabases, givenMovers, settingsOf } from './targets.ts'

/** Says which pages there are for a browser. */
function pagesOf({ dashboard, introspection, persistedDocuments }: Config, url: string): string[] {
  const hasGraphiql = introspection && !persistedDocuments.only
  return [
    ...(dashboard ? [`the dashboard is at ${new URL('.', url)}`] : []),
    ...(hasGraphiql ? [`GraphiQL is at ${url}`] : []),
  ]
}

/** Where the configuration comes from, and whether that is a file, which can be read again. */
interface Source extends ConfigSource {
  isFile: boolean
}

/** Serves until a signal, then stops in reverse order of the start, the embedded database last. */
export async function serve(config: Config, logger: Logger, source: Source): Promise<void> {
  // In development graphql checks each value against a second copy of itself, which takes a third of its time. It reads
  // this when it is loaded, below.
  process.env.NODE_ENV ??= 'production'
  const hangup = new EventTarget()
  const onHangup = source.isFile ? () => void hangup.dispatchEvent(new Event('hangup')) : undefined
  const shutdown = shutdownSignal(logger, onHangup)
  const closers: (() => Promise<void>)[] = []
  try {
    await serveUntil({ shutdown, hangup }, config, logger, source, closers)
  } finally {
    for (const close of closers.reverse()) {
      await close().catch((error: unknown) => logger.error({ err: error }, 'Could not end in order'))
    }
  }
  logger.info('Stopped')
}

async function serveUntil(
  { shutdown, hangup }: { shutdown: AbortSignal; hangup: EventTarget },
  config: Config,
  logger: Logger,
  source: Source,
  closers: (() => Promise<void>)[],
): Promise<void> {
  const authentication = await startAuthentication(config, logger)
  if (authentication) closers.push(async () => authentication.close())
  let entries = givenDatabases(config, source.only)
  if (entries.length === 0) {
    // Setting up a database takes seconds, so a port that is in use is told before.
    await tryPort(config)
    const embedded = await startEmbeddedServer({ dataDirectory: config.dataDirectory, logger })
    closers.push(embedded.stop)
    entries = [embeddedDatabase(embedded.connectionString)]
  }
  if (shutdown.aborted) return
  const audit = await openAudit(config, logger)
  if (audit) closers.push(audit.close)
  const { createPgqServer } = await import('../server/server.ts')
  const reload = source.isFile ? () => reconfiguration.run() : undefined
  const isServed = (name: string) => entries.some((entry) => entry.name === name)
  const server = createPgqServer({
    databases: entries.map((entry) => databaseOptions(config, entry)),
    addedDatabases: settingsOf(config, {}),
    maxConnections: config.connections.maxTotal,
    reload,
    movers: givenMovers(config, source.only, isServed),
    host: config.host,
    port: config.port,
    authenticate: authentication?.authenticate,
    basePath: config.basePath,
    publicUrl: config.publicUrl,
    allowedHosts: config.allowedHosts,
    cors: config.cors,
    tls: tlsFiles(config),
    trustProxy: config.trustProxy,
    tracing: config.tracing,
    metrics: metricsOf(config),
    limits: config.limits,
    rateLimits: config.rateLimits,
    persistedDocuments: documentsOf(config),
    introspection: config.introspection,
    dashboard: config.dashboard,
    logger,
    auditLogger: audit?.logger,
  })
  closers.push(() => server.close())
  const { databases } = server.gateway
  const reconfiguration = new Reconfiguration(config, source, server.gateway, logger)
  hangup.addEventListener('hangup', () => void reconfiguration.runLogged())
  const { url, metricsUrl } = await server.listen().catch((error: unknown) => {
    throw explainListen(error, config)
  })
  logger.info(`Listening on ${url}`)
  if (metricsUrl !== null) tellMetrics(metricsUrl, config, logger)
  tellStarts([...databases], logger, shutdown)
  const required = [...databases].filter(({ isRequired }) => isRequired)
  await Promise.race([Promise.all(required.map((database) => database.ready())), aborted(shutdown)])
  if (!shutdown.aborted) logger.info(['Ready', ...pagesOf(config, publicUrlOf(config) ?? url)].join('; '))
  await aborted(shutdown)
}

/** Says who is told the metrics, and where. */
function metricsOf({ metrics: { enabled, port, host } }: Config): PgqServerOptions['metrics'] {
  return enabled && port !== null ? { port, host } : enabled
}

function tellMetrics(url: string, { metrics: { host } }: Config, logger: Logger): void {
  logger.info(`Metrics are at ${url}`)
  if (!isLoopback(host))
    logger.warn(
      `Whoever reaches ${host} may read the metrics, with the names of queues and consumers (metrics.host)`,
    )
}

function documentsOf({ persistedDocuments: { file, only } }: Config) {
  return file === null ? undefined : { file, only }
}

/** Finds where mutations are written down. @returns Null where nobody asks for it, or knows who sends them. */
async function openAudit({ auditFile, auth }: Config, logger: Logger): Promise<Audit | null> {
  if (auditFile !== null) return openAuditFile(auditFile, logger)
  return asksWho(auth) ? auditInLog(logger) : null
}

/** Makes what tells callers apart. @returns Null where everybody may do everything. */
async function startAuthentication(config: Config, logger: Logger): Promise<Authentication | null> {
  const { auth, host } = config
  if (!isLoopback(host)) warnOfOpenDoors(config, logger)
  if (!asksWho(auth) && auth.anonymous.length === 0) return null
  const { createAuthentication } = await import('../auth/authentication.ts')
  return createAuthentication(auth, logger)
}

/** Warns where other machines may do more than look on without credentials. */
function warnOfOpenDoors({ auth, host }: Config, logger: Logger): void {
  const risky = auth.anonymous.filter((grant) => !/^(stats|read)\b/.test(grant))
  if (risky.length > 0)
    logger.warn(`Whoever reaches ${host} may, without credentials: ${risky.join(', ')} (auth.anonymous)`)
  else if (!asksWho(auth) && auth.anonymous.length === 0)
    logger.warn(`Whoever reaches ${host} may do everything (--allow-unauthenticated-remote)`)
}

function tlsFiles({ tls: { certFile, keyFile } }: Config): TlsFiles | null {
  return certFile === null || keyFile === null ? null : { certFile, keyFile }
}

/** Finds the URL of the API as clients see it behind a proxy. */
function publicUrlOf({ publicUrl }: Config): string | null {
  return publicUrl === null ? null : new URL('graphql', publicUrl.replace(/\/*$/, '/')).href
}

/** Listens for a moment. @throws CliError where that is not possible. */
async function tryPort(config: Config): Promise<void> {
  const { host, port } = config
  const server = createServer()
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) => reject(explainListen(error, config)))
    server.listen(port, host, () => server.close(() => resolve()))
  })
}

function explainListen(error: unknown, config: Config): unknown {
  const { code, port: refused } = error as NodeJS.ErrnoException & { port?: number }
  const isOfMetrics = refused !== config.port && refused === config.metrics.port
  const { host, port } = isOfMetrics ? config.metrics : config
  const flag = isOfMetrics ? '--metrics-' : '--'
  const options = { cause: error }
  if (code === 'EADDRINUSE') {
    return new CliError(
      `Port ${port} of ${host} is in use. Give another one with ${flag}port, or 0 for any.`,
      options,
    )
  }
  if (code === 'EACCES')
    return new CliError(`Port ${port} needs more rights. Give a ${flag}port above 1023.`, options)
  if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND') {
    return new CliError(`${host} is not an address of this machine. Give another ${flag}host.`, options)
  }
  return error
}
