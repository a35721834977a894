import type { IncomingMessage, ServerResponse } from 'node:http'
import cors from 'cors'
import { setAnswerHeaders } from '../transports/answer-headers.ts'

/** Browsers may keep the answer to a preflight for so long (seconds); Chromium takes no more. */
const PREFLIGHT_SECONDS = 7_200

/**
 * Makes a function that lets pages of these origins read answers. It answers preflights itself, and calls `next` for all
 * other requests. Who may call at all is decided elsewhere, see origins.ts.
 */
export function createCors(
  origins: readonly string[],
): (request: IncomingMessage, response: ServerResponse, next: () => void) => void {
  if (origins.length === 0) return (_request, _response, next) => next()
  const answer = cors({
    origin: origins.includes('*') ? '*' : [...origins],
    methods: ['GET', 'POST'],
    exposedHeaders: ['Retry-After', 'WWW-Authenticate', 'X-Request-Id'],
    maxAge: PREFLIGHT_SECONDS,
  })
  return (request, response, next) => {
    if (request.method === 'OPTIONS') setAnswerHeaders(response)
    answer(request, response, next)
  }
}
