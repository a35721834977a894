import { promisify } from 'node:util'
import { brotliDecompress, gunzip, inflate } from 'node:zlib'
import { GraphQLError } from 'graphql'
import { withHttp } from './http-status.ts'

type Decode = (body: Buffer, limits: { maxOutputLength: number }) => Promise<Buffer>

const decoders: ReadonlyMap<string, Decode> = new Map([
  ['gzip', promisify(gunzip)],
  ['x-gzip', promisify(gunzip)],
  ['deflate', promisify(inflate)],
  ['br', promisify(brotliDecompress)],
])

/**
 * Undoes the `content-encoding` of a body.
 *
 * @param maxBytes Limits the decoded body too; decoding stops there.
 * @throws GraphQLError with the status 413 for a body beyond that and 415 for an unknown encoding; for a damaged body.
 */
export async function decodeContent(
  body: Buffer,
  encoding: string | null,
  maxBytes: number,
): Promise<Buffer> {
  const coding = encoding?.trim().toLowerCase() ?? ''
  if (coding === '' || coding === 'identity') return body
  const decode = decoders.get(coding)
  if (!decode) throw unsupported
  try {
    return await decode(body, { maxOutputLength: maxBytes })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_BUFFER_TOO_LARGE') throw damaged
    const message = `The decoded body is larger than ${maxBytes} bytes; send less at once`
    const extensions = { code: 'LIMIT_EXCEEDED' }
    throw withHttp(new GraphQLError(message, { extensions }), { status: 413 })
  }
}

const damaged = new GraphQLError('The body is not encoded as its content-encoding says', {
  extensions: { code: 'BAD_INPUT' },
})

const unsupported = withHttp(
  new GraphQLError('The content-encoding of a body is one of gzip, deflate and br, or left out', {
    extensions: { code: 'BAD_INPUT' },
  }),
  { status: 415, headers: { 'accept-encoding': 'gzip, deflate, br' } },
)

/** Says whether the `accept-encoding` of a request takes gzip. */
export function acceptsGzip(accepted: string | string[] | undefined): boolean {
  return String(accepted ?? '')
    .split(',')
    .some((coding) => /^\s*gzip\s*(;(?!\s*q=0(\.0*)?\s*$)|$)/i.test(coding))
}
