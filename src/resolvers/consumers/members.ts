import type { Context } from '../context.ts'

interface MemberInput {
  database: string
  queue: string
  consumer: string
  subconsumer: string
}

const registerStatement = {
  name: 'register-subconsumer',
  text: 'select pgq_gateway.register_subconsumer($1, $2, $3) as registered',
}

/** True when the member is new; its consumer is registered with it where it is missing. */
export async function registerSubconsumer(context: Context, input: MemberInput): Promise<boolean> {
  const [row] = await context
    .database(input.database)
    .call<{ registered: boolean }>('reader', registerStatement, [
      input.queue,
      input.consumer,
      input.subconsumer,
    ])
  return row?.registered ?? false
}

/** What becomes of the batch that a leaving member holds: see `pgq_gateway.unregister_subconsumer`. */
export type BatchHandling = 'FAIL' | 'RETRY_EVENTS' | 'DISCARD'

const unregisterStatement = {
  name: 'unregister-subconsumer',
  text: 'select pgq_gateway.unregister_subconsumer($1, $2, $3, $4) as unregistered',
}

/** False when there is no such member. @throws PgqError `BATCH_ACTIVE` when it holds a batch and handling is FAIL. */
export async function unregisterSubconsumer(
  context: Context,
  input: MemberInput & { batchHandling: BatchHandling },
): Promise<boolean> {
  const [row] = await context
    .database(input.database)
    .call<{ unregistered: boolean }>('reader', unregisterStatement, [
      input.queue,
      input.consumer,
      input.subconsumer,
      input.batchHandling,
    ])
  return row?.unregistered ?? false
}
