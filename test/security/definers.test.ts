import { expect, test } from 'vitest'
import { readComponents } from '../../src/install/components.ts'
import { availableEngines, createTestDatabase } from '../support/database.ts'

interface Definer {
  name: string
  path: string | null
  isPublic: boolean
}

/** Functions whose statements are put together when they run. Each was reviewed: all parts are quoted, or come from the catalog. */
const reviewed = {
  // Names of a queue's own tables and sequences, to which a constraint keeps pgq.queue.
  'pgq._has_undelivered': 'own parts',
  'pgq.batch_retry': 'own parts',
  'pgq.create_queue': 'own parts',
  'pgq.drop_queue': 'own parts',
  'pgq.event_retry': 'own parts',
  'pgq.get_batch_events': 'own parts',
  'pgq.grant_perms': 'own parts',
  'pgq.insert_event': 'own parts',
  'pgq.insert_event_raw': 'own parts',
  'pgq.maint_rotate_tables_step1': 'own parts',
  'pgq.tune_storage': 'own parts',
  // The same, looked at by _check_parts, since upstream has no constraint.
  'pgq_gateway._has_unticked_events': 'own parts, checked by _tickable_queue_id',
  'pgq_gateway._replace_lost_parts': 'own parts, checked by drop_queue',
  'pgq_gateway._select_events':
    'own parts, checked by _event_sql and batch_events; conditions without values',
  'pgq_gateway._first_block_where': 'a table by its oid, and conditions of log_tables, without values',
  'pgq_gateway._pending_copy': 'own parts, checked by _event_sql',
  'pgq_gateway.event_pages': 'own parts, checked by _event_sql',
  'pgq_gateway.search_events': 'own parts, checked before; values are parameters or quoted',
  'pgq_gateway.insert_events': 'own parts, checked before',
  'pgq_gateway.note_misnumbered_queues': 'own parts, in its condition',
  'pgq_gateway.repair_queue': 'own parts, checked before',
  'pgq.set_queue_config': 'one of six columns, and a quoted literal',
  // These run with the rights of their caller.
  'pgq._grant_perms_from': 'names from the catalog, quoted',
  'pgq._trigger_event': 'SQL of whoever made the trigger, as whoever writes to the table',
  'pgq._trigger_override': 'SQL of whoever made the trigger, as whoever writes to the table',
  'pgq._trigger_texts': 'expressions of _trigger_columns',
  'pgq.get_batch_cursor': 'the caller gives SQL, and runs it with its own rights',
  'pgq.maint_operations': 'constant texts',
  'pgq.seq_getval': 'a quoted name, read with the rights of the caller',
} as const

/** Every role may call these, since they tell what every role may read anyway. */
const publicDefiners = ['pgq.get_consumer_info']

test.each(availableEngines)(
  'on %s each of our functions that runs as its owner has its own search path',
  async (engine) => {
    await using fixture = await createTestDatabase(engine)
    const client = await fixture.connect()
    const components = await readComponents()
    const ours = components.flatMap(({ name, functions }) => functions.map((file) => `${name}.${file.name}`))
    const { rows } = await client.query<Definer>(
      `select distinct n.nspname || '.' || p.proname as name,
            (select c from unnest(p.proconfig) c where c like 'search_path=%') as path,
            has_function_privilege('public', p.oid, 'execute') as "isPublic"
       from pg_proc p join pg_namespace n on n.oid = p.pronamespace
      where p.prosecdef and n.nspname || '.' || p.proname = any ($1) and n.oid::regnamespace::text <> all ($2)`,
      [ours, engine.startsWith('extension') ? ['pgq'] : []],
    )
    await client.end()
    expect(rows.length).toBeGreaterThan(40)
    const paths = /^search_path=pg_catalog, (pgq, |pgq_ext, )?pg_temp$/
    expect(rows.filter(({ path }) => !paths.test(path ?? ''))).toEqual([])
    const open = rows.filter(({ isPublic }) => isPublic).map(({ name }) => name)
    expect(open).toEqual(engine.startsWith('extension') ? [] : publicDefiners)
  },
)

test('statements that are put together when they run are in no function but those that were reviewed', async () => {
  const components = await readComponents()
  const found = components.flatMap(({ name, functions }) =>
    functions
      .filter(({ text }) => /(?<!')\bexecute\b(?! function| on)/i.test(text.replaceAll(/--.*/g, '')))
      .map((file) => `${name}.${file.name}`),
  )
  expect(found.sort()).toEqual(Object.keys(reviewed).sort())
})
