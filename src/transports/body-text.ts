import { isUtf8 } from 'node:buffer'
import { GraphQLError } from 'graphql'
import { parseJson, TooManyObjects } from '../json/parse-json.ts'
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

/** Parses a body of JSON. @throws GraphQLError for what is not JSON in UTF-8, or has too many lists and objects. */
export function parseBody(body: Buffer, maxObjects: number): unknown {
  return parseText(readText(body), maxObjects)
}

/** Parses a part of a request that is JSON. @throws GraphQLError as `parseBody` does. */
export function parseText(text: string, maxObjects: number): unknown {
  try {
    return parseJson(text, maxObjects)
  } catch (error) {
    throw error instanceof TooManyObjects ? tooManyObjects(maxObjects) : notARequest
  }
}

function tooManyObjects(max: number): GraphQLError {
  const message = `The request has more than ${max} lists and objects; send several requests, or JSON as the text of data`
  return new GraphQLError(message, { extensions: { code: 'LIMIT_EXCEEDED' } })
}
