import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { startChild } from '../support/child.ts'
import { requestData } from '../support/graphql.ts'
import { startTestServer } from '../support/server.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import { codeBlocks } from './code-blocks.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const timeoutMs = 90_000

test(
  "the README's way to typed payloads works as written, from the packed packages",
  async () => {
    await using server = await startTestServer()
    await requestData(server.url, 'mutation { createQueue(input: { name: "orders" }) { created } }')
    await using folder = await temporaryDirectory()
    const shop = join(folder.path, 'shop')
    const [install, program, run] = await codeBlocks('README.md', 'Typed payloads')
    /** Adapts code to the server's port, the project's compiler and the lack of a registry. */
    const here = (code = '') =>
      code
        .replaceAll('localhost:4000', new URL(server.url).host)
        .replaceAll('../shop', shop)
        .replace(
          'npm install --silent ./pgq-graphql-*.tgz typescript',
          'npm install --offline ./pgq-graphql-*.tgz',
        )
        .replace('npx tsc', join(root, 'node_modules/typescript/bin/tsc'))
        .replace('node shop.js', 'exec node shop.js')
    await using installation = startChild('bash', ['-euc', here(install?.code)], { cwd: root })
    const output = () => installation.stdout() + installation.stderr()
    expect(await installation.ended(timeoutMs), output()).toEqual({ code: 0, signal: null })
    expect(program?.language).toBe('ts')
    await writeFile(join(shop, 'shop.ts'), here(program?.code))
    await using running = startChild('bash', ['-euc', here(run?.code)], { cwd: shop })
    await running.printed(/^an order of 12\.00$/m)
  },
  timeoutMs,
)
