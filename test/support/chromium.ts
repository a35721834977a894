import { access } from 'node:fs/promises'
import { type Browser, chromium } from 'playwright-core'

const executablePath = '/usr/bin/chromium'

/** Tells whether Chromium is installed; on CI a missing one is an error. */
export const hasChromium: boolean = await access(executablePath).then(
  () => true,
  () => false,
)
if (!hasChromium) {
  const message = `${executablePath} is missing: install the Debian package chromium.`
  if (process.env.CI === 'true') throw new Error(message)
  console.warn(`\n!!! ${message}\n!!! The tests of the browser do not run.\n`)
}

/** Launches a browser that makes no requests of its own. @param more Further arguments. */
export async function launchChromium(...more: string[]): Promise<Browser> {
  const quiet = [
    '--disable-quic',
    '--no-first-run',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
  ]
  return chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu', ...quiet, ...more] })
}
