import { z } from 'zod'
import { defaultJwt } from '../defaults.ts'
import { fixedGrants } from './fixed-grants.ts'

/** Algorithms that check a signature by a public key. */
export const publicAlgorithms = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
  'Ed25519',
] as const
/** Algorithms whose one secret both signs and checks. */
const secretAlgorithms = ['HS256', 'HS384', 'HS512'] as const
const algorithms = [...publicAlgorithms, ...secretAlgorithms] as const

export type Algorithm = (typeof algorithms)[number]

const path = z.string('must be a path').min(1, 'must be a path')

const jwksUrl = z.string('must be a URL').superRefine((text, context) => {
  const url = URL.canParse(text) ? new URL(text) : null
  const message =
    url?.protocol !== 'https:' && url?.protocol !== 'http:'
      ? 'must be an https:// URL'
      : url.username !== '' || url.password !== ''
        ? 'must have no user and no password'
        : null
  if (message !== null) context.addIssue({ code: 'custom', message })
})

const jwtShape = z
  .strictObject({
    /** The claim `iss` of its tokens. */
    issuer: z.string('must be the iss of its tokens').regex(/^\S+$/, 'must be the iss of its tokens'),
    /** A value that the claim `aud` of a token must have: it says that the token is for this gateway. */
    audience: z.string('must be the aud of tokens for this gateway').min(1, 'must not be empty'),
    /** Where the issuer publishes its keys as JWKS. */
    jwksUrl: jwksUrl.nullable().default(null),
    /** A public key or certificate in PEM. */
    publicKeyFile: path.nullable().default(null),
    /** A secret that both sides know; a newline at its end does not count. */
    secretFile: path.nullable().default(null),
    /** Algorithms of signatures; null for those that fit the key: any with a public key, HS256 with a secret. */
    algorithms: z
      .array(z.enum(algorithms, `must be one of ${algorithms.join(', ')}`), 'must be a list of algorithms')
      .min(1, 'must name an algorithm')
      .nullable()
      .default(null),
    /** How far the clocks of issuer and gateway may differ. Seconds. */
    clockToleranceSeconds: z
      .number('must be a number from 0 to 300')
      .min(0, 'must be a number from 0 to 300')
      .max(300, 'must be a number from 0 to 300')
      .default(defaultJwt.clockToleranceSeconds),
    /** Claim with a list of grants; besides, each word of `scope` that begins with `pgq:` is one. */
    grantsClaim: z.string('must be the name of a claim').min(1).default(defaultJwt.grantsClaim),
  })
  .superRefine((jwt, context) => {
    const sources = [jwt.jwksUrl, jwt.publicKeyFile, jwt.secretFile].filter((source) => source !== null)
    if (sources.length !== 1)
      context.addIssue({ code: 'custom', message: 'give one of jwksUrl, publicKeyFile and secretFile' })
    const isSecret = jwt.secretFile !== null
    const fitting: readonly string[] = isSecret ? secretAlgorithms : publicAlgorithms
    if (jwt.algorithms?.some((algorithm) => !fitting.includes(algorithm))) {
      const message = `must be of ${fitting.join(', ')}, which fit a ${isSecret ? 'secret' : 'public key'}`
      context.addIssue({ code: 'custom', path: ['algorithms'], message })
    }
  })

/** Says who may use the API. With none of it, everybody who reaches the port may do everything. */
export const authShape = z.strictObject({
  /** Issuers of tokens (JWT). */
  jwt: z.array(jwtShape, 'must be a list of issuers').superRefine((all, context) => {
    const issuers = all.map(({ issuer }) => issuer)
    if (new Set(issuers).size < issuers.length)
      context.addIssue({ code: 'custom', message: 'must have each issuer once' })
  }),
  /** File with API keys, which `pgq-graphql key create` makes. */
  keysFile: path.nullable(),
  /** Grants of requests without credentials. */
  anonymous: fixedGrants,
})

export type AuthConfig = z.infer<typeof authShape>
export type JwtConfig = AuthConfig['jwt'][number]

/** Says whether something asks who sends a request; grants of those who send no credentials do not. */
export function asksWho({ jwt, keysFile }: AuthConfig): boolean {
  return jwt.length > 0 || keysFile !== null
}
