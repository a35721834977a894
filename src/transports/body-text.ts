import { isUtf8 } from 'node:buffer'
import { GraphQLError } from 'graphql'
import { parseJson } from '../json/parse-json.ts'
import { notARequest } from '../operations/request.ts'

const notUtf8 = new GraphQLError('The body is not UTF-8; send it in that encoding', {
  extensions: { code: 'BAD_INPUT' },
})
const hasByteOrderMark = new GraphQLError('The body begins with a byte order mark; leave it out', {
  extensions: { code: 'BAD_INPUT' },
})

/** Reads the text of a body. @throws GraphQLError for one that is not UTF-8, or begins with a byte order mark. */
export function readText(body: Buffer): string {
  // UTF-16 without a mark can be UTF-8 too, with a NUL in each letter.
  if (!isUtf8(body) || body[0] === 0 || body[1] === 0) throw notUtf8
  if (body[0] === 0xef && body[1] === 0xbb && body[2] === 0xbf) throw hasByteOrderMark
  return body.toString()
}

/** Parses a body of JSON. @throws GraphQLError for what is not JSON in UTF-8. */
export function parseBody(body: Buffer): unknown {
  return parseText(readText(body))
}

/** Parses a part of a request that is JSON. @throws GraphQLError for what is not. */
export function parseText(text: string): unknown {
  try {
    return parseJson(text)
  } catch {
    throw notARequest
  }
}
