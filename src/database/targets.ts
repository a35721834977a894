import { problemOfDatabaseName } from '../database-name.ts'
import { PgqError } from '../errors.ts'
import { ConnectionStringError } from '../postgres/connection-parameter.ts'
import { type ConnectionTarget, connectionTarget } from '../postgres/connection-target.ts'

/** Where a database is: for statements, and where a connection keeps its session, if that is another place. */
interface Targets {
  target: ConnectionTarget
  directTarget: ConnectionTarget | undefined
}

/** How a database is named and reached; see `DatabaseOptions`. */
interface Addresses {
  name: string
  connectionString: string
  directConnectionString?: string | undefined
  environment?: Readonly<Record<string, string | undefined>> | undefined
}

/** Reads where a database is. @throws PgqError `BAD_INPUT` for a name or a connection string that cannot be used. */
export function targetsOf({
  name,
  connectionString,
  directConnectionString,
  environment,
}: Addresses): Targets {
  const problem = problemOfDatabaseName(name)
  if (problem !== null) throw new PgqError('BAD_INPUT', `A database ${problem}.`, { field: 'name' })
  if (process.env.NODE_PG_FORCE_NATIVE) {
    throw new PgqError('BAD_INPUT', 'The gateway needs the driver in JavaScript: unset NODE_PG_FORCE_NATIVE.')
  }
  const read = (text: string, subject: string, field: keyof Addresses) => {
    try {
      return connectionTarget(text, environment)
    } catch (error) {
      if (!(error instanceof ConnectionStringError)) throw error
      const message = `The ${subject} of database ${name}: ${error.message}.`
      throw new PgqError('BAD_INPUT', message, { field, cause: error })
    }
  }
  const directTarget =
    directConnectionString === undefined
      ? undefined
      : read(directConnectionString, 'direct connection string', 'directConnectionString')
  return { target: read(connectionString, 'connection string', 'connectionString'), directTarget }
}
