/** Channel on which the trigger on `pgq.tick` announces each committed tick. */
export const tickChannel = 'pgq_tick'

/** Channel on which gateways of the same database notify each other. */
export const gatewayChannel = 'pgq_gateway'

/** Says that a queue has a tick (int8). It is a hint to look there, never data, and perhaps not the newest. */
export interface TickHint {
  queue: string
  tickId: string
}

export const gatewayNoticeKinds = ['published', 'settled', 'released', 'misnumbered', 'watched'] as const

/**
 * `published`: events are committed. `settled`: a batch was closed. `released`: a consumer's stream ended. `misnumbered`: a
 * queue was found to be misnumbered, or was repaired. `watched`: somebody waits for ticks at a gateway that makes
 * none; `queues` names some of their queues.
 */
export type GatewayNoticeKind = (typeof gatewayNoticeKinds)[number]

/** A hint from one gateway to another. Fields beside `queue` depend on the sender and may be missing. */
export interface GatewayNotice {
  /** Name of the queue; null means that any queue may be concerned. */
  queue: string | null
  readonly [field: string]: unknown
}

/** Reads the hint in a payload of `pgq_tick`; null when it names no tick, so that every queue must be looked at. */
export function parseTickPayload(payload: string | undefined): TickHint | null {
  const value = parseObject(payload)
  if (typeof value?.queue !== 'string' || typeof value.tick !== 'string' || !/^-?\d+$/.test(value.tick))
    return null
  return { queue: value.queue, tickId: value.tick }
}

/** Reads the notices in a payload of `pgq_gateway`: one; all kinds for unreadable text; none for an unknown kind. */
export function parseGatewayPayload(payload: string | undefined): [GatewayNoticeKind, GatewayNotice][] {
  const value = parseObject(payload)
  if (typeof value?.kind !== 'string') return gatewayNoticeKinds.map((kind) => [kind, { queue: null }])
  const kind = gatewayNoticeKinds.find((known) => known === value.kind)
  if (!kind) return []
  const { kind: _, queue, ...rest } = value
  return [[kind, { ...rest, queue: typeof queue === 'string' ? queue : null }]]
}

/** Returns the names in the field `queues` of a notice; none where it has no such field. */
export function queuesOf({ queues }: GatewayNotice): string[] {
  return Array.isArray(queues) ? queues.filter((queue) => typeof queue === 'string') : []
}

/** Makes a payload for `pg_notify`. One past PostgreSQL's 7,999 bytes keeps its kind and loses the rest. */
export function gatewayPayload(kind: GatewayNoticeKind, notice: Partial<GatewayNotice>): string {
  const payload = JSON.stringify({ ...notice, kind })
  return Buffer.byteLength(payload) < 8_000 ? payload : JSON.stringify({ kind, queue: null })
}

function parseObject(payload: string | undefined): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(payload ?? '')
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : null
  } catch {
    return null
  }
}
