import type { Child } from './child.ts'
import { startCli } from './cli.ts'
import { until } from './deadline.ts'

/** A gateway in its own process, which can be killed and started again. */
export interface Gateway extends AsyncDisposable {
  /** URL of the GraphQL endpoint; undefined while it is dead. */
  readonly url: string | undefined
  /** Id of its process; undefined while it is dead. */
  readonly pid: number | undefined
  start(options?: GatewayOptions): Promise<void>
  /** Returns all that it has printed since its start. */
  output(): string
  /** Sends a signal, such as SIGSTOP to freeze it. */
  signal(name: NodeJS.Signals): void
  /** Sends SIGTERM and waits for the end. @throws when it ends with a failure. */
  stop(): Promise<void>
  /** Sends SIGKILL. @throws when it had ended by itself, or left a rejection unhandled. */
  kill(): Promise<void>
}

export interface GatewayOptions {
  /** Arguments after `serve`. Default: any free port. */
  args?: readonly string[]
  /** Module that `node --import` loads before the gateway. */
  preload?: string
  environment?: Record<string, string>
  /** Folder of the package. Default: this repository. */
  build?: string | undefined
}

export async function startGateway(databaseUrl: string, options: GatewayOptions = {}): Promise<Gateway> {
  let child: Child | undefined
  let url: string | undefined
  const gateway: Gateway = {
    get url() {
      return url
    },
    get pid() {
      return child?.pid
    },
    output: () => (child ? child.stdout() + child.stderr() : ''),
    async start({ args = ['--port', '0'], preload, environment, build } = options) {
      child = await startCli(['serve', '--database-url', databaseUrl, ...args], {
        build,
        environment: {
          ...environment,
          ...(preload !== undefined && { NODE_OPTIONS: `--import=${preload}` }),
        },
      })
      const [, listening = ''] = await child.printed(/Listening on (http:\/\/[^\s"\\]+)/, 40_000)
      let health: string | undefined
      const isReady = async () => {
        const answer = await fetch(new URL('/health/ready', listening)).catch(() => undefined)
        health = await answer?.text()
        return answer?.status === 200
      }
      const describe = () => `${health}\n${child?.stderr()}`
      await until(isReady, 'readiness', { timeoutMs: 40_000, describe })
      url = listening
    },
    signal: (name) => void child?.process.kill(name),
    async stop() {
      url = undefined
      const leaving = child
      child = undefined
      leaving?.process.kill('SIGTERM')
      const end = await leaving?.ended()
      if (end && end.code !== 0)
        throw new Error(`the gateway ended with ${end.code ?? end.signal}:\n${leaving?.output()}`)
    },
    async kill() {
      url = undefined
      const dying = child
      child = undefined
      if (!dying) return
      const { exitCode, signalCode } = dying.process
      await dying[Symbol.asyncDispose]()
      const output = dying.stdout() + dying.stderr()
      if (exitCode !== null || signalCode !== null || /unhandled|uncaught/i.test(output))
        throw new Error(
          `the gateway had ended with ${exitCode ?? signalCode}, or a failure unhandled:\n${output}`,
        )
    },
    [Symbol.asyncDispose]: () => gateway.kill(),
  }
  try {
    await gateway.start()
    return gateway
  } catch (error) {
    await gateway.kill().catch(() => {})
    throw error
  }
}
