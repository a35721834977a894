import { createServer, request as httpRequest } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type AuthenticationOptions, createAuthentication } from '../../src/auth/authentication.ts'
import type { Caller } from '../../src/caller.ts'
import { PgqError } from '../../src/errors.ts'
import { type LogLine, loggedLines } from '../support/log-lines.ts'

export interface Door extends AsyncDisposable {
  /** Asks over HTTP to be let in. @returns The caller, or the error. */
  enter(
    authorization?: string | string[],
    headers?: Record<string, string>,
    path?: string,
  ): Promise<Caller | PgqError>
  /** Asks with a token. */
  bring(token: string): Promise<Caller | PgqError>
  /** Asks as a WebSocket does, by what `connection_init` carries. */
  init(payload: Record<string, unknown>, authorization?: string): Promise<Caller | PgqError>
  readonly lines: readonly LogLine[]
  /** All that was logged. */
  log(): string
}

/** An HTTP server that asks an authentication who comes, and does nothing else. */
export async function openDoor(options: AuthenticationOptions): Promise<Door> {
  const { logger, lines, text } = loggedLines()
  const authentication = createAuthentication(options, logger)
  const outcomes = new Map<string, Caller | PgqError>()
  const server = createServer(async (request, response) => {
    const id = String(request.headers['x-id'])
    const init = request.headers['x-init']
    const params = typeof init === 'string' ? (JSON.parse(init) as Record<string, unknown>) : undefined
    try {
      outcomes.set(id, await authentication.authenticate(request, params))
    } catch (error) {
      if (error instanceof PgqError) outcomes.set(id, error)
      else console.error(error)
    }
    response.end()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  let count = 0

  const ask = async (headers: Record<string, string | string[]>, path = '/'): Promise<Caller | PgqError> => {
    const id = String(count++)
    await new Promise<void>((resolve, reject) => {
      const options = { port, path, agent: false, headers: { ...headers, 'x-id': id } }
      httpRequest(options, (response) => response.resume().once('end', resolve))
        .on('error', reject)
        .end()
    })
    const outcome = outcomes.get(id)
    if (!outcome) throw new Error('neither a caller nor an expected error')
    return outcome
  }

  return {
    enter: (authorization, headers = {}, path) =>
      ask({ ...headers, ...(authorization !== undefined && { authorization }) }, path),
    bring: (token) => ask({ authorization: `Bearer ${token}` }),
    init: (payload, authorization) =>
      ask({ 'x-init': JSON.stringify(payload), ...(authorization !== undefined && { authorization }) }),
    lines,
    log: text,
    async [Symbol.asyncDispose]() {
      authentication.close()
      const closed = new Promise((resolve) => server.close(resolve))
      server.closeAllConnections()
      await closed
    },
  }
}

export const isCaller = (outcome: Caller | PgqError): outcome is Caller => 'access' in outcome

/** Expects a caller. */
export function admitted(outcome: Caller | PgqError): Caller {
  if (!isCaller(outcome)) throw outcome
  return outcome
}
