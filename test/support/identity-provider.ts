import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type CryptoKey, exportJWK, generateKeyPair, SignJWT } from 'jose'

export interface SigningKey {
  readonly kid: string
  readonly algorithm: string
  readonly privateKey: CryptoKey
  readonly publicKey: CryptoKey
}

export const issuer = 'https://id.example'
export const audience = 'pgq'

export async function createSigningKey(kid: string, algorithm = 'ES256'): Promise<SigningKey> {
  return { kid, algorithm, ...(await generateKeyPair(algorithm, { extractable: true })) }
}

/** Signs a token that is good for ten minutes, unless the claims say otherwise; undefined leaves one out. */
export function signToken(
  { kid, algorithm, privateKey }: SigningKey,
  claims: Record<string, unknown> = {},
  header: object = {},
): Promise<string> {
  const now = Math.floor(Date.now() / 1_000)
  const payload = { iss: issuer, aud: audience, sub: 'ada', exp: now + 600, ...claims }
  const given = Object.entries(payload).filter(([, value]) => value !== undefined)
  return new SignJWT(Object.fromEntries(given))
    .setProtectedHeader({ alg: algorithm, kid, ...header })
    .sign(privateKey)
}

export interface IdentityProvider extends AsyncDisposable {
  readonly jwksUrl: string
  /** Number of times that its keys were fetched. */
  readonly fetches: number
  publish(...keys: SigningKey[]): void
  /** Answers with this status; 200 gives the keys. */
  answerWith(status: number): void
}

/** Publishes keys as JWKS over HTTP. */
export async function startIdentityProvider(...keys: SigningKey[]): Promise<IdentityProvider> {
  let published: readonly SigningKey[] = keys
  let status = 200
  let fetches = 0
  const server = createServer(async (_request, response) => {
    fetches++
    const jwks = await Promise.all(
      published.map(async ({ kid, algorithm, publicKey }) => ({
        ...(await exportJWK(publicKey)),
        kid,
        alg: algorithm,
        use: 'sig',
      })),
    )
    response
      .writeHead(status, { 'content-type': 'application/json' })
      .end(status === 200 ? JSON.stringify({ keys: jwks }) : '')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    jwksUrl: `http://127.0.0.1:${port}/jwks.json`,
    get fetches() {
      return fetches
    },
    publish(...others) {
      published = others
    },
    answerWith(next) {
      status = next
    },
    async [Symbol.asyncDispose]() {
      const closed = new Promise((resolve) => server.close(resolve))
      server.closeAllConnections()
      await closed
    },
  }
}
