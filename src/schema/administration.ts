import type { ConfigurationChange, NamedChanges } from '../database/administration.ts'
import type { LiveDatabase } from '../database/live-database.ts'
import { requireEverything } from '../resolvers/grants.ts'
import { builder } from './builder.ts'
import { Database, EngineChoiceType } from './database.ts'
import { checked, needs, seen } from './needs.ts'
import { databaseOfInput } from './places.ts'

const AddDatabaseInput = builder.inputType('AddDatabaseInput', {
  fields: (t) => ({
    database: t.string({
      required: true,
      description: 'Its name in this API: any text of at most 128 characters.',
    }),
    url: t.string({
      required: true,
      description:
        'postgresql://user:password@host/database. No answer, error or log repeats it. It names no files and sockets of the server, whose environment does not complete it.',
    }),
    engine: t.field({ type: EngineChoiceType, description: 'PgQ to install where there is none.' }),
    ticker: t.boolean({
      description: 'Whether this server ticks it. By default as others of its configuration.',
    }),
  }),
})

const AddDatabasePayload = builder.objectRef<{ database: LiveDatabase }>('AddDatabasePayload').implement({
  needs: seen,
  fields: (t) => ({ database: t.expose('database', { type: Database }) }),
})

const RemoveDatabaseInput = builder.inputType('RemoveDatabaseInput', {
  fields: (t) => ({ database: t.string({ required: true }) }),
})

const RemoveDatabasePayload = builder.objectRef<{ removed: boolean }>('RemoveDatabasePayload').implement({
  needs: seen,
  fields: (t) => ({
    removed: t.exposeBoolean('removed', { description: 'False when there was none of that name.' }),
  }),
})

const MoverChanges = builder.objectRef<NamedChanges>('MoverChanges').implement({
  needs: seen,
  description: 'Names of movers.',
  fields: (t) => ({
    added: t.exposeStringList('added'),
    changed: t.exposeStringList('changed', { description: 'They have begun anew, from where they were.' }),
    removed: t.exposeStringList('removed'),
  }),
})

const ReloadConfigurationPayload = builder
  .objectRef<ConfigurationChange>('ReloadConfigurationPayload')
  .implement({
    needs: seen,
    description: 'Names of databases.',
    fields: (t) => ({
      added: t.exposeStringList('added'),
      changed: t.exposeStringList('changed', { description: 'They have connected anew.' }),
      removed: t.exposeStringList('removed'),
      movers: t.expose('movers', { type: MoverChanges }),
      waiting: t.exposeStringList('waiting', {
        description: 'Changed settings, by their keys, that hold only after a restart.',
      }),
    }),
  })

builder.mutationFields((t) => ({
  addDatabase: t.field({
    type: AddDatabasePayload,
    description: 'Serves a further database, until this server ends: its configuration stays as it is.',
    args: { input: t.arg({ type: AddDatabaseInput, required: true }) },
    needs: needs('admin', databaseOfInput, { creates: true }),
    resolve: (_, { input }, { administration }) => ({ database: administration.add(input) }),
  }),
  removeDatabase: t.field({
    type: RemoveDatabasePayload,
    description:
      'Serves a database no more, until this server starts again; nothing in it changes. Its streams end with NOT_FOUND.',
    args: { input: t.arg({ type: RemoveDatabaseInput, required: true }) },
    needs: needs('admin', databaseOfInput),
    resolve: async (_, { input }, { administration }) => ({
      removed: await administration.remove(input.database),
    }),
  }),
  reloadConfiguration: t.field({
    type: ReloadConfigurationPayload,
    description:
      'Reads the configuration file again: databases and movers are added, changed and removed, and others are not touched. Where the file has a mistake, nothing changes.',
    needs: checked('requireEverything'),
    resolve: (_, __, { administration, caller }) => {
      requireEverything(caller)
      return administration.reload()
    },
  }),
}))
