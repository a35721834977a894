import { createHash } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import { renderGraphiQL } from '@graphql-yoga/render-graphiql'
import type { GraphiQLOptions } from 'graphql-yoga'
import { setAnswerHeaders } from './answer-headers.ts'
import { acceptsGzip } from './content-encoding.ts'
import { defaultQuery } from './graphiql-query.ts'
import { pathOf } from './transport.ts'

/** Three events behind each other, and the tick that cuts them into a batch. */
const logo = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32" width="24" height="24">
  <g fill="#336791"><rect x="2" y="10" width="6" height="12" rx="1.5"/><rect x="10" y="10" width="6" height="12" rx="1.5"/>
  <rect x="24" y="10" width="6" height="12" rx="1.5" opacity=".5"/></g>
  <path d="M20 4v24" stroke="#e535ab" stroke-width="2.5" stroke-linecap="round"/>
</svg>`

const options: GraphiQLOptions = {
  title: 'pgq-graphql',
  logo,
  favicon: `data:image/svg+xml,${encodeURIComponent(logo)}`,
  subscriptionsProtocol: 'SSE',
  defaultQuery,
}

/**
 * Makes GraphiQL begin with the tab that was open last.
 *
 * GraphiQL looks for a stored tab with the query, variables and headers of its last editors, which it stores apart from
 * the tabs and only once they are edited. Where it finds none it opens an empty tab.
 */
const continueLastTab = `
  try {
    const { tabs, activeTabIndex } = JSON.parse(localStorage.getItem('graphiql:tabState'))
    for (const name of ['query', 'variables', 'headers']) {
      const text = tabs[activeTabIndex][name]
      if (text) localStorage.setItem('graphiql:' + name, text)
      else localStorage.removeItem('graphiql:' + name)
    }
  } catch {
    // The first visit has no tabs.
  }`

/** Renders GraphiQL as one page of nine megabytes that asks for nothing else. */
function renderPage(): string {
  const root = '<div id="root"></div>'
  return renderGraphiQL(options).replace(root, () => `${root}<script>${continueLastTab}</script>`)
}

interface StoredPage {
  gzipped: Buffer
  etag: string
  policy: string
}

let stored: Promise<StoredPage> | undefined

async function storePage(): Promise<StoredPage> {
  const page = renderPage()
  const hash = createHash('sha256').update(page).digest('base64url')
  return { gzipped: await promisify(gzip)(page), etag: `W/"${hash}"`, policy: policyOf(page) }
}

/** Makes the content security policy of a page: it runs its own scripts, and talks to its own server. */
function policyOf(page: string): string {
  const scripts = [...page.matchAll(/<script>(.*?)<\/script>/gs)].map(([, script = '']) => {
    return `'sha256-${createHash('sha256').update(script).digest('base64')}'`
  })
  return [
    "default-src 'none'",
    `script-src ${scripts.join(' ')}`,
    // The editor makes workers of its own text, and styles as it goes.
    'worker-src blob:',
    "style-src 'unsafe-inline'",
    'img-src data:',
    'font-src data:',
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ')
}

/**
 * Sends GraphiQL to a browser that opens the path of the API: compressed once for all, and not again to one that has it.
 *
 * @param isOn Where it is not, the browser is told so.
 * @returns False, and does nothing, for other requests.
 */
export function sendGraphiqlPage(
  request: IncomingMessage,
  response: ServerResponse,
  path: string,
  isOn = true,
): boolean {
  const { method, headers } = request
  const isPage = method === 'GET' && (headers.accept?.includes('text/html') ?? false)
  if (!isPage || pathOf(request) !== path) return false
  if (!isOn) {
    setAnswerHeaders(response)
    response.writeHead(404, { 'content-type': 'text/plain; charset=utf-8', 'cache-control': 'no-store' })
    response.end('GraphiQL is off on this server; clients use this address by POST\n')
    return true
  }
  stored ??= storePage()
  stored.then((page) => send(page, headers, response)).catch(() => response.destroy())
  return true
}

function send(
  { gzipped, etag, policy }: StoredPage,
  headers: IncomingMessage['headers'],
  response: ServerResponse,
): void {
  setAnswerHeaders(response)
  response.setHeader('content-security-policy', policy)
  response.setHeader('etag', etag)
  response.setHeader('cache-control', 'no-cache')
  // The API has the same address.
  response.appendHeader('vary', 'accept, accept-encoding')
  if (headers['if-none-match']?.includes(etag)) {
    response.writeHead(304).end()
    return
  }
  const isGzipped = acceptsGzip(headers['accept-encoding'])
  const body = isGzipped ? gzipped : plainPage()
  response.writeHead(200, {
    'content-type': 'text/html; charset=utf-8',
    'content-length': body.length,
    ...(isGzipped && { 'content-encoding': 'gzip' }),
  })
  response.end(body)
}

let plain: Buffer | undefined

/** Gives the page as it is, which all who do not take it compressed share. */
function plainPage(): Buffer {
  plain ??= Buffer.from(renderPage())
  return plain
}
