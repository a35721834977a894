import { type Child, startChild } from './child.ts'

/** A program on a pseudo terminal. */
export interface Terminal extends Child {
  /** Sends the program itself a signal. */
  signal(name: NodeJS.Signals): void
  /** Sends keys, as the terminal encodes them. */
  type(keys: string): void
  /** Gives the terminal another size, of which the program is told. */
  resize(size: TerminalSize): Promise<void>
}

interface TerminalSize {
  columns: number
  rows: number
}

interface TerminalOptions {
  size?: TerminalSize
  /** Besides PATH. */
  environment?: Record<string, string>
}

/** Runs Node on a pseudo terminal of util-linux's `script`. What it prints, on stdout and stderr, is all in `stdout()`. */
export async function startOnTerminal(
  args: readonly string[],
  { size = { columns: 80, rows: 24 }, environment = {} }: TerminalOptions = {},
): Promise<Terminal> {
  const command = [process.execPath, ...args].map(quote).join(' ')
  const program = `sh -c ${quote(`echo "pid $$"; exec ${command}`)}`
  const setUp = `stty cols ${size.columns} rows ${size.rows}; echo "on $(tty)"; ${program}; echo "ended with $?"; stty -a`
  const child = startChild('script', ['-qec', setUp, '/dev/null'], {
    input: '',
    keepsInput: true,
    env: { PATH: process.env.PATH, TERM: 'xterm-256color', ...environment },
  })
  const [, device = ''] = await child.printed(/on (\/dev\/\S+)/)
  const [, pid] = await child.printed(/pid (\d+)/)
  return {
    ...child,
    signal: (name) => void process.kill(Number(pid), name),
    type: (keys) => void child.process.stdin?.write(keys),
    async resize({ columns, rows }) {
      const args = ['-F', device, 'cols', String(columns), 'rows', String(rows)]
      await using stty = startChild('stty', args)
      await stty.ended()
    },
  }
}

function quote(argument: string): string {
  return `'${argument.replaceAll("'", `'\\''`)}'`
}
