import type { Child } from '../support/child.ts'
import { startCli } from '../support/cli.ts'
import { until } from '../support/deadline.ts'

/** A gateway in a process of its own, which can be killed and started again. */
export interface Gateway extends AsyncDisposable {
  /** Of the GraphQL endpoint; undefined while it is dead. */
  readonly url: string | undefined
  start(): Promise<void>
  /** With SIGKILL. */
  kill(): Promise<void>
}

export async function startGateway(databaseUrl: string): Promise<Gateway> {
  let child: Child | undefined
  let url: string | undefined
  const gateway: Gateway = {
    get url() {
      return url
    },
    async start() {
      child = await startCli(['serve', '--port', '0', '--database-url', databaseUrl])
      const [, listening = ''] = await child.printed(/Listening on (http:\/\/[^\s"\\]+)/, 40_000)
      await until(
        async () => (await fetch(new URL('/health/ready', listening)).catch(() => undefined))?.status === 200,
        'readiness',
        { timeoutMs: 40_000, describe: () => child?.stderr() ?? '' },
      )
      url = listening
    },
    async kill() {
      url = undefined
      await child?.[Symbol.asyncDispose]()
    },
    [Symbol.asyncDispose]: () => gateway.kill(),
  }
  await gateway.start()
  return gateway
}
