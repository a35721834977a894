import type { Client, Pooling } from '../postgres/client.ts'
import { connectionTarget, describeTarget } from '../postgres/connection-target.ts'
import { connectClient } from '../postgres/pooler.ts'
import { reasonOf } from '../reason.ts'

/** Something that the user can put right; shown without a stack. */
export class CliError extends Error {
  override readonly name = 'CliError'
}

/** @param purpose Shown in `pg_stat_activity.application_name`. @throws CliError when it cannot be reached. */
export async function connect(
  connectionString: string,
  purpose: string,
): Promise<{ client: Client; pooling: Pooling }> {
  const target = connectionTarget(connectionString)
  try {
    return await connectClient({
      target,
      applicationName: `pgq-graphql/${purpose}`,
      settings: { statement_timeout: '0' },
      connectTimeoutMs: target.connectTimeoutMs ?? 10_000,
      answerTimeoutMs: 0,
    })
  } catch (error) {
    throw new CliError(`Cannot connect to ${describeTarget(target)}: ${reasonOf(error)}`, { cause: error })
  }
}
