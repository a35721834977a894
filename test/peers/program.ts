import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { until } from '../support/deadline.ts'

/** Debian's programs that speak PgQ. In CI they count as there, so that a missing package fails the tests. */
export const hasPeers =
  process.env.CI === 'true' || ['/usr/bin/pgqd', '/usr/bin/pg_dump', '/usr/bin/python3'].every(existsSync)

/** A running program; killed on disposal. */
export interface Program extends AsyncDisposable {
  output(): string
  printed(pattern: RegExp): Promise<void>
  /** @returns The exit code. Rejects when the program cannot be started. */
  ended(): Promise<number | null>
}

export function startProgram(command: string, args: string[], input?: string): Program {
  const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'pipe'] })
  let output = ''
  child.stdout.on('data', (chunk) => {
    output += chunk
  })
  child.stderr.on('data', (chunk) => {
    output += chunk
  })
  child.stdin.end(input)
  const end = new Promise<number | null>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code) => resolve(code))
  })
  end.catch(() => {})
  return {
    output: () => output,
    async printed(pattern) {
      await until(() => pattern.test(output), String(pattern), {
        timeoutMs: 20_000,
        describe: () => `in:\n${output}`,
      })
    },
    ended: () => end,
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL')
      await end.catch(() => {})
    },
  }
}
