import type { Config } from '../config/shape.ts'
import { PgqError } from '../errors.ts'
import { uninstallEngine } from '../install/uninstall.ts'
import { reasonOf } from '../reason.ts'
import { CliError, connect } from './connect.ts'
import { directUrlOf, runningDatabases } from './targets.ts'

interface Given {
  /** Names of databases, which must be those of one. */
  only: readonly string[]
  /** Do it; otherwise say what would be dropped. */
  yes: boolean
  dryRun: boolean
  withEngine: boolean
  force: boolean
}

/** Drops what this project has put into a database, and prints what that is, or would be. */
export async function uninstall(config: Config, given: Given): Promise<void> {
  const [database, ...others] = await runningDatabases(config, given.only)
  if (!database || others.length > 0) {
    throw new CliError(
      'There are several databases, and one at a time can be uninstalled: add --only with its name.',
    )
  }
  const { client } = await connect(directUrlOf(database), 'uninstall')
  try {
    const { withEngine, force } = given
    const dryRun = given.dryRun || !given.yes
    const { actions, kept, obstacle } = await uninstallEngine(client, { withEngine, force, dryRun })
    if (actions.length === 0) {
      console.log('Nothing to uninstall.')
      return
    }
    if (dryRun) console.log('Nothing was changed. With --yes, this would have:')
    for (const action of actions) console.log(dryRun ? `  ${action}` : action)
    if (dryRun) console.log('and kept:')
    for (const line of kept) console.log(dryRun ? `  ${line}` : `kept ${line}`)
    if (obstacle !== null) console.log(`${obstacle}${adviceOf(config)}`)
  } catch (error) {
    const advice = error instanceof PgqError && error.code === 'UNAVAILABLE' ? adviceOf(config) : ''
    throw new CliError(`Nothing was uninstalled: ${reasonOf(error)}${advice}`, { cause: error })
  } finally {
    await client.end()
  }
}

/** The embedded server ends with its gateway, so it is never there without one. */
function adviceOf({ databases, dataDirectory }: Config): string {
  if (Object.keys(databases).length > 0) return ''
  return ` The embedded server ends with its gateway; to drop all that is in it, stop that, and remove ${dataDirectory}.`
}
