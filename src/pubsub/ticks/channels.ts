/** Sent by the trigger on `pgq.tick` when a tick commits. */
export const tickChannel = 'pgq_tick'

/** Sent between gateways of one database. */
export const gatewayChannel = 'pgq_gateway'

/** Queue `queue` has tick `tickId` (int8). A hint to look there: never data, and never a promise that it is the newest. */
export interface TickHint {
  queue: string
  tickId: string
}

export const gatewayNoticeKinds = ['published', 'settled', 'released'] as const

/** `published`: events are committed. `settled`: a batch was closed. `released`: a consumer's stream ended. */
export type GatewayNoticeKind = (typeof gatewayNoticeKinds)[number]

/** A hint between gateways. Fields beside `queue` are the sender's and may be missing. */
export interface GatewayNotice {
  /** Null: any queue may be meant. */
  queue: string | null
  readonly [field: string]: unknown
}

/** The hint in a payload of `pgq_tick`; null when it names no tick, so that every queue must be looked at. */
export function parseTickPayload(payload: string | undefined): TickHint | null {
  const value = parseObject(payload)
  if (typeof value?.queue !== 'string' || typeof value.tick !== 'string' || !/^-?\d+$/.test(value.tick))
    return null
  return { queue: value.queue, tickId: value.tick }
}

/** The notices in a payload of `pgq_gateway`: one; all kinds for what cannot be read; none for a kind unknown here. */
export function parseGatewayPayload(payload: string | undefined): [GatewayNoticeKind, GatewayNotice][] {
  const value = parseObject(payload)
  if (typeof value?.kind !== 'string') return gatewayNoticeKinds.map((kind) => [kind, { queue: null }])
  const kind = gatewayNoticeKinds.find((known) => known === value.kind)
  if (!kind) return []
  const { kind: _, queue, ...rest } = value
  return [[kind, { ...rest, queue: typeof queue === 'string' ? queue : null }]]
}

/** Text for `pg_notify`. A payload past PostgreSQL's 7,999 bytes keeps its kind and loses the rest. */
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
