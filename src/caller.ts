import type { Context } from '@opentelemetry/api'
import { Access } from './access/access.ts'
import { type Credentials, endless } from './access/credentials.ts'
import { type Grant, parseGrant } from './access/grant.ts'

/** The sender of a request. One is made per request or socket, and passed down to the resolver. */
export interface Caller {
  /** Name of the caller in logs and instrumentation, and of the one whom limits per caller count. */
  readonly name: string
  /** What it may see and do. */
  readonly access: Access
  /**
   * Key of what the caller may see, equal for callers whose answers never differ. Work is shared among callers of
   * equal `sight`, never with others.
   */
  readonly sight: string
  /** How long it may do so. */
  readonly credentials: Credentials
  /** Whether it has shown no credentials; then limits per caller count its address. */
  readonly isAnonymous: boolean
}

/** Where a request comes from. */
export interface Sender {
  readonly caller: Caller
  /** Address of the client. */
  readonly address: string
  /** Id of the request in logs; on a WebSocket that of the request that opened it. Null where nobody asks for it. */
  readonly requestId: string | null
  /** The trace that it belongs to, on a WebSocket by default. Left out where nobody traces. */
  readonly trace?: Context | undefined
}

export interface CallerOptions {
  name: string
  /** Such as `consume:main/orders/billing`; see the grammar in docs/security.md. */
  grants: readonly string[]
  /** Claims that the conditions of grants name. Default: none. */
  claims?: Readonly<Record<string, unknown>> | undefined
  /** Default: they do not end. */
  credentials?: Credentials | undefined
  /** Default false. */
  isAnonymous?: boolean | undefined
}

/** Makes a caller with these grants. @throws GrantError for a grant that cannot be read. */
export function createCaller({
  name,
  grants,
  claims = {},
  credentials = endless,
  isAnonymous = false,
}: CallerOptions): Caller {
  const resolved = grants.map((text) => parseGrant(text).resolve(claims))
  const access = new Access(resolved.filter((grant): grant is Grant => grant !== null))
  return Object.freeze({ name, access, sight: access.sight, credentials, isAnonymous })
}

/** The caller where no credentials are required: it may see and do everything. */
export const anybody: Caller = createCaller({ name: 'anybody', grants: ['admin'], isAnonymous: true })
