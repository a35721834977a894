import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { type Child, startChild } from '../support/child.ts'
import { startCli } from '../support/cli.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import { codeBlocks } from './code-blocks.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))

test("the README's tour works as written, on an embedded database", async () => {
  await using data = await temporaryDirectory()
  const environment = { PGQ_DATA_DIR: data.path, HOME: data.path }
  // A folder inside the project finds the client package as a reader's does.
  const folder = await mkdtemp(join(root, 'node_modules', '.tour-'))
  await using server = await startCli(['serve', '--port', '0'], { environment })
  const background: Child[] = []
  try {
    const [, address = ''] = await server.printed(/Listening on http:\/\/(127\.0\.0\.1:\d+)/, 60_000)
    await server.printed(/Ready;/)
    const outputs: string[] = []
    for (const { language, code } of await codeBlocks('README.md', 'A five-minute tour')) {
      const here = code.replaceAll('localhost:4000', address)
      if (language === 'js') {
        await writeFile(join(folder, 'billing.mjs'), here)
        continue
      }
      const shell = here.replaceAll('billing.mjs', join(folder, 'billing.mjs'))
      const child = startChild('bash', ['-euc', shell], {
        cwd: root,
        env: { PATH: process.env.PATH, ...environment },
      })
      background.push(child)
      if (code.includes('billing.mjs')) {
        await child.printed(/created \{ id: 1/)
      } else if (code.includes('subscription')) {
        // A comment line shows that the stream is open; its first event may come later.
        await child.printed(/^:/m)
      } else {
        expect(await child.ended(), child.stdout() + child.stderr()).toEqual({ code: 0, signal: null })
        outputs.push(child.stdout())
      }
    }
    const [queue, event, letters, status] = outputs
    expect(queue).toContain('"created":true')
    expect(event).toContain('"eventId":"1"')
    expect(letters).toContain('an order without a total')
    expect(status).toMatch(/orders/)
    expect(status).toMatch(/billing/)
    await background
      .find((child) => child.stdout().includes('created { id: 1'))
      ?.printed(/created \{ id: 2 \}/)
    await using second = startChild('node', [join(folder, 'billing.mjs')])
    expect(await second.ended()).toEqual({ code: 1, signal: null })
    expect(second.stderr()).toMatch(
      /^pgq-graphql client: consuming has ended: Another worker is consuming this; .*\n$/,
    )
    await background.find((child) => child.stdout().includes('tickId'))?.printed(/"json":{"id":2}/)
  } finally {
    for (const child of background) await child[Symbol.asyncDispose]()
    server.process.kill('SIGTERM')
    await server.ended()
    await rm(folder, { recursive: true })
  }
}, 90_000)
