import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process'
import { until, withDeadline } from './deadline.ts'

export interface ChildEnd {
  code: number | null
  signal: NodeJS.Signals | null
}

/** A process of a test: what it printed so far, what to wait for, and its end. Killed on disposal. */
export interface Child extends AsyncDisposable {
  readonly process: ChildProcess
  readonly pid: number
  stdout(): string
  stderr(): string
  /** Waits until stdout and stderr together match, and gives the match. */
  printed(pattern: RegExp, timeoutMs?: number): Promise<RegExpExecArray>
  ended(timeoutMs?: number): Promise<ChildEnd>
}

export function startNode(args: readonly string[], options: SpawnOptions = {}): Child {
  return startChild(process.execPath, args, options)
}

export function startChild(command: string, args: readonly string[], options: SpawnOptions = {}): Child {
  const child = spawn(command, [...args], { stdio: ['ignore', 'pipe', 'pipe'], ...options })
  let stdout = ''
  let stderr = ''
  child.stdout?.on('data', (chunk) => {
    stdout += chunk
  })
  child.stderr?.on('data', (chunk) => {
    stderr += chunk
  })
  const end = new Promise<ChildEnd>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code, signal) => resolve({ code, signal }))
  })
  end.catch(() => {})
  const describe = () => `in:\n${stdout}${stderr}`
  return {
    process: child,
    pid: child.pid ?? 0,
    stdout: () => stdout,
    stderr: () => stderr,
    printed: (pattern, timeoutMs = 20_000) =>
      until(() => pattern.exec(stdout + stderr), String(pattern), { timeoutMs, describe }),
    async ended(timeoutMs = 20_000) {
      return withDeadline(end, `the end of ${command} ${args.join(' ')}`, timeoutMs)
    },
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL')
      await end.catch(() => {})
    },
  }
}
