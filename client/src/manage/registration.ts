import {
  RegisterConsumerDocument,
  RegisterSubconsumerDocument,
  UnregisterConsumerDocument,
  UnregisterSubconsumerDocument,
  type UnregisterSubconsumerInput,
} from '../generated/operations.ts'
import type { Target } from '../target.ts'

export interface RegisterOptions {
  /** Registers this member of a cooperative consumer, and the consumer where it is missing. It cannot have `atTick`. */
  subconsumer?: string | undefined
  /** The tick after which the consumer starts, or to which it is moved. Default: the newest. */
  atTick?: string | undefined
  signal?: AbortSignal | undefined
}

export interface UnregisterOptions {
  /** Unregisters this member alone. */
  subconsumer?: string | undefined
  /** Says what becomes of a member's open batch. Default `FAIL`: that is BATCH_ACTIVE. */
  batchHandling?: UnregisterSubconsumerInput['batchHandling'] | undefined
  signal?: AbortSignal | undefined
}

/** @returns False when it was registered already. */
export async function registerConsumer(
  { transport, database, queue }: Target,
  consumer: string,
  { subconsumer, atTick, signal }: RegisterOptions,
): Promise<boolean> {
  const place = { database, queue, consumer }
  if (subconsumer === undefined) {
    const input = { ...place, atTick }
    const { registerConsumer } = await transport.request(RegisterConsumerDocument, { input }, signal)
    return registerConsumer.registered
  }
  if (atTick !== undefined) throw new TypeError('A member starts where its consumer is; it has no atTick')
  const input = { ...place, subconsumer }
  const { registerSubconsumer } = await transport.request(RegisterSubconsumerDocument, { input }, signal)
  return registerSubconsumer.registered
}

/** @returns False when there was none. */
export async function unregisterConsumer(
  { transport, database, queue }: Target,
  consumer: string,
  { subconsumer, batchHandling, signal }: UnregisterOptions,
): Promise<boolean> {
  const place = { database, queue, consumer }
  if (subconsumer === undefined) {
    const { unregisterConsumer } = await transport.request(
      UnregisterConsumerDocument,
      { input: place },
      signal,
    )
    return unregisterConsumer.unregisteredCount > 0
  }
  const input = { ...place, subconsumer, ...(batchHandling && { batchHandling }) }
  const { unregisterSubconsumer } = await transport.request(UnregisterSubconsumerDocument, { input }, signal)
  return unregisterSubconsumer.unregistered
}
