import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'

export interface BareServer extends AsyncDisposable {
  readonly url: string
  readonly process: ChildProcess
}

/** Starts a script to compare the gateway with; its first line of output is its URL. */
export async function startBare(
  script: URL,
  args: readonly string[],
  nodeArgs: readonly string[] = [],
): Promise<BareServer> {
  const child = spawn(process.execPath, [...nodeArgs, '--import', 'tsx', script.pathname, ...args], {
    env: { ...process.env, NODE_ENV: 'production' },
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
  })
  if (!child.stdout) throw new Error('spawned without pipes')
  const lines = createInterface({ input: child.stdout })
  const [url] = (await once(lines, 'line')) as [string]
  return {
    url,
    process: child,
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL')
      await once(child, 'exit')
    },
  }
}
