import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process'
import { until, withDeadline } from './deadline.ts'

export interface ChildEnd {
  code: number | null
  signal: NodeJS.Signals | null
}

/** A child process with its output so far. Killed on disposal. */
export interface Child extends AsyncDisposable {
  readonly process: ChildProcess
  readonly pid: number
  stdout(): string
  stderr(): string
  /** Returns stdout and stderr, in the order of arrival. */
  output(): string
  /** Waits until stdout or stderr matches. @returns the match. */
  printed(pattern: RegExp, timeoutMs?: number): Promise<RegExpExecArray>
  ended(timeoutMs?: number): Promise<ChildEnd>
}

export interface ChildOptions extends SpawnOptions {
  /** Text for its standard input. Default: none. */
  input?: string
  /** Whether its input stays open for more. Default false. */
  keepsInput?: boolean
}

export function startNode(args: readonly string[], options: ChildOptions = {}): Child {
  return startChild(process.execPath, args, options)
}

export function startChild(
  command: string,
  args: readonly string[],
  { input, keepsInput = false, ...options }: ChildOptions = {},
): Child {
  const stdin = input === undefined ? 'ignore' : 'pipe'
  const child = spawn(command, [...args], { stdio: [stdin, 'pipe', 'pipe'], ...options })
  // A child that ends before it has read all reports the reason by its exit code.
  child.stdin?.on('error', () => {})
  if (keepsInput) child.stdin?.write(input ?? '')
  else child.stdin?.end(input)
  let stdout = ''
  let stderr = ''
  let output = ''
  child.stdout?.on('data', (chunk) => {
    stdout += chunk
    output += chunk
  })
  child.stderr?.on('data', (chunk) => {
    stderr += chunk
    output += chunk
  })
  const end = new Promise<ChildEnd>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code, signal) => resolve({ code, signal }))
  })
  end.catch(() => {})
  const describe = () => `in:\n${output}`
  return {
    process: child,
    pid: child.pid ?? 0,
    stdout: () => stdout,
    stderr: () => stderr,
    output: () => output,
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
