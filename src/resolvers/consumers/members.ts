import type { Statement } from '../../postgres/call.ts'
import type { Context } from '../context.ts'

interface MemberInput {
  database: string
  queue: string
  consumer: string
  subconsumer: string
}

const registerStatement: Statement = {
  name: 'register-subconsumer',
  role: 'reader',
  text: 'select pgq_gateway.register_subconsumer($1, $2, $3) as registered',
}

/** Registers a member, and its consumer where that is missing. Returns true when the member is new. */
export async function registerSubconsumer(context: Context, input: MemberInput): Promise<boolean> {
  const [row] = await context
    .database(input.database)
    .call<{ registered: boolean }>(
      registerStatement,
      [input.queue, input.consumer, input.subconsumer],
      input.queue,
    )
  return row?.registered ?? false
}

/** What happens to the batch of a member that is unregistered: see `pgq_gateway.unregister_subconsumer`. */
export type BatchHandling = 'FAIL' | 'RETRY_EVENTS' | 'DISCARD'

const unregisterStatement: Statement = {
  name: 'unregister-subconsumer',
  role: 'reader',
  text: 'select pgq_gateway.unregister_subconsumer($1, $2, $3, $4) as unregistered',
}

/** Unregisters a member; false when there is none. @throws PgqError `BATCH_ACTIVE` for FAIL while it holds a batch. */
export async function unregisterSubconsumer(
  context: Context,
  input: MemberInput & { batchHandling: BatchHandling },
): Promise<boolean> {
  const [row] = await context
    .database(input.database)
    .call<{ unregistered: boolean }>(
      unregisterStatement,
      [input.queue, input.consumer, input.subconsumer, input.batchHandling],
      input.queue,
    )
  return row?.unregistered ?? false
}
