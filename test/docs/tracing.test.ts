import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { startNode } from '../support/child.ts'
import { createTestDatabase } from '../support/database.ts'
import { until } from '../support/deadline.ts'
import { startGateway } from '../support/gateway.ts'
import { codeBlocks } from './code-blocks.ts'
import { readersFolder } from './programs.ts'

/** Takes the place of otel.mjs, whose SDK is a large package, and prints each span as a line. */
const preload = `
import { NodeTracerProvider, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-node'

const exporter = {
  export(spans, done) {
    for (const span of spans) {
      const { traceId, spanId } = span.spanContext()
      const parentId = span.parentSpanContext?.spanId
      console.error('SPAN ' + JSON.stringify({ name: span.name, traceId, spanId, parentId }))
    }
    done({ code: 0 })
  },
  async shutdown() {},
}
new NodeTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] }).register()
`

interface Span {
  name: string
  traceId: string
  spanId: string
  parentId?: string
}

function spansIn(output: string): Span[] {
  return [...output.matchAll(/^SPAN (.*)$/gm)].map(([, json = '']) => JSON.parse(json))
}

/** Lists the spans of the trace that a publish begins, each with those above it, sorted. */
function linesOf(spans: readonly Span[]): string[] {
  const byId = new Map(spans.map((span) => [span.spanId, span]))
  const lineOf = ({ name, parentId }: Span): string => {
    const parent = byId.get(parentId ?? '')
    return parent ? `${lineOf(parent)} > ${name}` : name
  }
  const root = spans.find(({ name }) => name.startsWith('publish '))
  return spans
    .filter(({ traceId }) => traceId === root?.traceId)
    .map(lineOf)
    .sort()
}

/** Reads the same of a drawing. */
function drawnLines(drawing: string): string[] {
  const above: string[] = []
  return drawing
    .trimEnd()
    .split('\n')
    .map((line) => {
      const [, indent = '', name = ''] = /^([\s│├└─]*)(.*?)(?:\s{2,}.*)?$/.exec(line) ?? []
      above.splice(indent.length / 3, above.length, name)
      return above.join(' > ')
    })
    .sort()
}

test('the program of docs/tracing.md makes the trace that is drawn there', async () => {
  const blocks = await codeBlocks('docs/tracing.md')
  const program = blocks.find(({ code }) => code.includes('openTelemetry('))?.code ?? ''
  const drawing = blocks.find(({ language }) => language === 'text')?.code ?? ''
  await using folder = await readersFolder()
  const preloaded = join(folder.path, 'otel.mjs')
  await writeFile(preloaded, preload)
  await using fixture = await createTestDatabase()
  await using gateway = await startGateway(fixture.url, {
    args: ['--port', '0', '--traceparent-column', 'extra4'],
    preload: preloaded,
  })
  const url = gateway.url ?? ''
  await writeFile(join(folder.path, 'orders.mjs'), program.replace('http://localhost:4000/graphql', url))
  await using child = startNode(['--import', './otel.mjs', 'orders.mjs'], { cwd: folder.path })
  expect(await child.ended(30_000), child.output()).toEqual({ code: 0, signal: null })
  expect(child.stdout()).toBe('billed {"id":1}\n')
  const expected = drawnLines(drawing)
  expect(expected).toHaveLength(9)
  const made = () => linesOf([...spansIn(child.output()), ...spansIn(gateway.output())])
  await until(() => made().length >= expected.length, 'all spans', { describe: () => made().join('\n') })
  expect(made()).toEqual(expected)
}, 120_000)
