import { access } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Child, type ChildEnd, startNode } from './child.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))

export interface CliOptions {
  cwd?: string
  /** Folder of the package. Default: this repository. */
  build?: string | undefined
  /** All of the environment except PATH. */
  environment?: Record<string, string>
  /** Starts it in its own process group, as a shell does. */
  detached?: boolean
}

/** Starts the built command line; `npm run build` comes first. */
export async function startCli(args: readonly string[], options: CliOptions = {}): Promise<Child> {
  const main = join(options.build ?? root, 'dist/cli/main.js')
  await access(main).catch(() => {
    throw new Error('The command line is not built. Run: npm run build')
  })
  return startNode([main, ...args], {
    env: { PATH: process.env.PATH, ...options.environment },
    detached: options.detached ?? false,
    ...(options.cwd !== undefined && { cwd: options.cwd }),
  })
}

/** Runs the built command line to its end. */
export async function runCli(
  args: readonly string[],
  options: CliOptions = {},
): Promise<ChildEnd & { stdout: string; stderr: string }> {
  await using child = await startCli(args, options)
  const end = await child.ended(60_000)
  return { ...end, stdout: child.stdout(), stderr: child.stderr() }
}
