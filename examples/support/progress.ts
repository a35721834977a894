/** Shows one line that changes on a terminal, and a line now and then elsewhere. On stderr: stdout is for the result. */
export function showProgress(describe: () => string): Disposable {
  const { isTTY } = process.stderr
  const show = () => process.stderr.write(isTTY ? `\r\x1b[2K${describe()}` : `${describe()}\n`)
  const timer = setInterval(show, isTTY ? 200 : 1_000)
  return {
    [Symbol.dispose]() {
      clearInterval(timer)
      show()
      if (isTTY) process.stderr.write('\n')
    },
  }
}
