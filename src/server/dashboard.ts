import { existsSync } from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { extname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import { setAnswerHeaders } from '../transports/answer-headers.ts'
import { acceptsGzip } from '../transports/content-encoding.ts'

/** Where Vite puts the pages: beside `src` and `dist` alike. */
const folder = fileURLToPath(new URL('../../dashboard/dist/', import.meta.url))

const contentTypes: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
}

const policy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'self'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ')

interface StoredFile {
  plain: Buffer
  gzipped: Buffer
  contentType: string
}

/** Serves the pages of the dashboard from memory, each file compressed once for all. */
export class Dashboard {
  #files: Promise<ReadonlyMap<string, StoredFile>> | undefined

  /** Says whether the pages have been built, as they are in the package. */
  static isBuilt(): boolean {
    return existsSync(`${folder}index.html`)
  }

  /**
   * Sends the page or a part of it.
   *
   * @param path From the base path on; null for one that does not begin with that.
   * @returns False, and does nothing, for requests of anything else.
   */
  send(path: string | null, request: IncomingMessage, response: ServerResponse): boolean {
    if (path === null) return false
    const isAsset = path.startsWith('assets/')
    const isRead = request.method === 'GET' || request.method === 'HEAD'
    if (!isRead || !(isAsset || isView(path))) return false
    this.#files ??= readFiles()
    this.#files
      .then((files) => {
        setAnswerHeaders(response)
        if (isAsset) sendAsset(files.get(path), request, response)
        else sendPage(files.get('index.html'), path, response)
      })
      .catch(() => {
        this.#files = undefined
        response.destroy()
      })
    return true
  }
}

/** Says whether the page shows something at a path: it has the addresses of all views. */
function isView(path: string): boolean {
  return path === '' || path === 'sign-in' || path.startsWith('db/')
}

async function readFiles(): Promise<ReadonlyMap<string, StoredFile>> {
  const assets = await readdir(`${folder}assets`)
  const names = ['index.html', ...assets.map((name) => `assets/${name}`)]
  return new Map(await Promise.all(names.map(async (name) => [name, await readStored(name)] as const)))
}

async function readStored(name: string): Promise<StoredFile> {
  const plain = await readFile(folder + name)
  const contentType = contentTypes[extname(name)] ?? 'application/octet-stream'
  return { plain, gzipped: await promisify(gzip)(plain), contentType }
}

/** Sends the page, which finds its parts and the API by the way up to the base path, whatever a proxy puts before that. */
function sendPage(page: StoredFile | undefined, path: string, response: ServerResponse): void {
  const up = '../'.repeat(path.split('/').length - 1) || './'
  const text = page?.plain.toString().replace('<base href="./"', `<base href="${up}"`)
  response.setHeader('content-security-policy', policy)
  response.writeHead(200, { 'content-type': page?.contentType, 'cache-control': 'no-cache' }).end(text)
}

/** Sends a file whose name has the hash of its content. */
function sendAsset(file: StoredFile | undefined, request: IncomingMessage, response: ServerResponse): void {
  if (!file) {
    response.writeHead(404, { 'content-type': 'text/plain; charset=utf-8' }).end('There is no such file\n')
    return
  }
  const isGzipped = acceptsGzip(request.headers['accept-encoding'])
  const body = isGzipped ? file.gzipped : file.plain
  response.writeHead(200, {
    'content-type': file.contentType,
    'content-length': body.length,
    'cache-control': 'public, max-age=31536000, immutable',
    vary: 'accept-encoding',
    ...(isGzipped && { 'content-encoding': 'gzip' }),
  })
  response.end(body)
}
