import { pino } from 'pino'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { availableEngines } from '../support/database.ts'
import { type GraphqlError, request, requestData } from '../support/graphql.ts'
import { startTestServer, type TestServer } from '../support/server.ts'

const insert = 'mutation ($input: InsertEventInput!) { insertEvent(input: $input) { eventId } }'
const insertMany = 'mutation ($input: InsertEventsInput!) { insertEvents(input: $input) { eventIds } }'
const finish = 'mutation ($input: FinishBatchInput!) { finishBatch(input: $input) { finished } }'

/** Rules of an operator's for the queue `ruled`, by the type of the event; `$events` stands for its table. */
const rules = `
  create table public.audit (n int check (n > 0));
  create table public.customers (id text primary key);
  create function rule() returns trigger language plpgsql as $$ begin
    case new.ev_type
      when 'raise' then raise 'a secret of the operator';
      when 'raise with a code' then raise 'orders are closed' using errcode = 'check_violation';
      when 'cast' then perform new.ev_data::jsonb;
      when 'divide' then perform 1 / 0;
      when 'audit' then insert into public.audit values (0);
      when 'forbidden' then raise insufficient_privilege;
      else null;
    end case;
    return new;
  end $$;
  create trigger rule before insert on $events for each row execute function rule();
  alter table $events add constraint sized check (length(ev_data) < 100),
    add constraint known foreign key (ev_extra1) references public.customers;
  create unique index once on $events (ev_extra2);
  grant insert on public.audit to public`

const refusals: {
  what: string
  event: Record<string, string>
  code: string
  message: RegExp
  isLogged?: boolean
}[] = [
  {
    what: 'an exception',
    event: { type: 'raise' },
    code: 'refused',
    message: /^A trigger of the queue refuses an event; the server has logged why under [\da-f-]{36}$/,
    isLogged: true,
  },
  {
    what: 'an exception with a code of its own',
    event: { type: 'raise with a code' },
    code: 'refused',
    message: /^orders are closed$/,
  },
  {
    what: 'a trigger that cannot read the payload',
    event: { type: 'cast', data: '{' },
    code: 'refused',
    message: /^invalid input syntax for type json$/,
  },
  { what: 'a check', event: { data: 'x'.repeat(100) }, code: 'refused', message: /"sized"/ },
  { what: 'a foreign key', event: { extra1: 'nobody' }, code: 'refused', message: /"known"/ },
  { what: 'a unique index', event: { extra2: 'first' }, code: 'refused', message: /"once"/ },
  {
    what: 'a right that is missing',
    event: { type: 'forbidden' },
    code: 'FORBIDDEN',
    message: /^The database role of this gateway may not do that; .* logged why under/,
    isLogged: true,
  },
  {
    what: 'a trigger with a fault',
    event: { type: 'divide' },
    code: 'INTERNAL',
    message: /^Internal error; .* logged it under/,
    isLogged: true,
  },
  {
    what: 'a constraint of another table',
    event: { type: 'audit' },
    code: 'INTERNAL',
    message: /^Internal error; .* logged it under/,
    isLogged: true,
  },
]

describe.each(availableEngines)('on %s', (engine) => {
  const log: string[] = []
  let server: TestServer
  let leaseToken = ''
  let batchId = ''

  beforeAll(async () => {
    const logger = pino({ level: 'warn' }, { write: (line: string) => void log.push(line) })
    server = await startTestServer({ engine, logger })
    await requestData(
      server.url,
      `mutation { a: createQueue(input: { name: "ruled" }) { created } b: createQueue(input: { name: "work" }) { created }
        registerConsumer(input: { queue: "work", consumer: "c" }) { registered }
        insertEvent(input: { queue: "work", type: "x" }) { eventId } tick(input: { queue: "work", force: true }) { tickId } }`,
    )
    const client = await server.fixture.connect()
    const { rows } = await client.query(`select pgq.current_event_table('ruled') as name`)
    await client.query(rules.replaceAll('$events', rows[0].name))
    await client.end()
    await requestData(server.url, insert, { input: { queue: 'ruled', type: 'x', extra2: 'first' } })
    const { nextBatch } = await requestData(
      server.url,
      'mutation { nextBatch(input: { queue: "work", consumer: "c" }) { batch { batchId leaseToken } } }',
    )
    leaseToken = nextBatch.batch.leaseToken
    batchId = nextBatch.batch.batchId
  })
  afterAll(() => server[Symbol.asyncDispose]())

  function check(
    error: GraphqlError | undefined,
    expected: (typeof refusals)[number],
    refused: string,
  ): void {
    expect(error?.extensions.code).toBe(expected.code === 'refused' ? refused : expected.code)
    expect(error?.message).toMatch(expected.message)
    expect(JSON.stringify(error)).not.toMatch(/secret/)
    const { errorId } = error?.extensions ?? {}
    expect(errorId !== undefined).toBe(expected.isLogged ?? false)
    if (errorId) expect(log.filter((line) => line.includes(errorId))).toHaveLength(1)
  }

  test.each(refusals)('an event that $what refuses is refused alone', async (refusal) => {
    const events = [{ type: 'x' }, refusal.event, { type: 'y' }]
    const results = await Promise.all(
      events.map((event) => request(server.url, insert, { input: { queue: 'ruled', ...event } })),
    )
    expect(results.map(({ errors }) => errors?.length)).toEqual([undefined, 1, undefined])
    check(results[1]?.errors?.[0], refusal, 'BAD_INPUT')
    const all = await request(server.url, insertMany, { input: { queue: 'ruled', events } })
    check(all.errors?.[0], refusal, 'BAD_INPUT')
  })

  test.each(refusals)('a batch is not finished with a follow-up that $what refuses', async (refusal) => {
    const publish = [{ queue: 'ruled', ...refusal.event }]
    const { errors } = await request(server.url, finish, { input: { batchId, leaseToken, publish } })
    check(errors?.[0], refusal, 'FORBIDDEN')
  })

  test('the batch is finished without it, and what was raised is in the log', async () => {
    const { finishBatch } = await requestData(server.url, finish, { input: { batchId, leaseToken } })
    expect(finishBatch).toEqual({ finished: true })
    expect(log.join()).toContain('a secret of the operator')
  })
})
