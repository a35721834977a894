import { countOf } from '../count-of.ts'
import { formatSeconds } from '../duration.ts'
import { incompatibility } from '../install/revision.ts'
import { createTickTrigger } from '../install/state.ts'
import type { Facts, LongTransaction } from './facts.ts'
import type { NewFinding } from './finding.ts'
import { literal } from './literal.ts'
import type { Thresholds } from './thresholds.ts'

/** Checks what holds back snapshots, and with them rotation. */
export function checkTransactions({ transactions, server }: Facts): NewFinding[] {
  return transactions.map((transaction) =>
    transaction.gid === null
      ? sessionFinding(transaction)
      : preparedFinding(transaction, server.databaseName),
  )
}

const whyTransactions =
  'Until it ends, PgQ rotates no table that it may have written into, batches are slower to read, and vacuum removes nothing newer than it.'

function sessionFinding({ pid, login, application, database, state, seconds }: LongTransaction): NewFinding {
  const who = [application, `login ${login}`, `database ${database}`].filter(Boolean).join(', ')
  return {
    check: 'LONG_TRANSACTION',
    severity: 'WARNING',
    subject: `session ${pid}`,
    what: `Its transaction is open for ${formatSeconds(seconds)}, ${state} (${who}).`,
    why: whyTransactions,
    remedy: 'Have the program end it. By force, which undoes what it did:',
    sql: `select pg_terminate_backend(${pid});`,
  }
}

function preparedFinding({ gid, login, database, seconds }: LongTransaction, here: string): NewFinding {
  const name = gid ?? ''
  const where = database === here ? '' : ` Connect to database ${database} for it.`
  return {
    check: 'PREPARED_TRANSACTION',
    severity: 'WARNING',
    subject: `prepared transaction ${name}`,
    what: `It waits to be committed for ${formatSeconds(seconds)} (login ${login}, database ${database}).`,
    why: `${whyTransactions} It survives restarts.`,
    remedy: `Ask whoever coordinates it. "commit prepared" keeps what it did; this undoes it.${where}`,
    sql: `rollback prepared ${literal(name)};`,
  }
}

/** Checks what of the schemas, functions and rights is not as this version has it. */
export function checkInstallation({ revisions: { installed, ofThisBuild }, server }: Facts): NewFinding[] {
  const findings: NewFinding[] = []
  const refusal = incompatibility(installed, ofThisBuild)
  if (refusal !== null) findings.push(schemaFinding('ERROR', refusal, 'Install the newer version.', null))
  else if (installed?.number !== ofThisBuild.number) {
    const isOlder = (installed?.number ?? 0) < ofThisBuild.number
    findings.push(
      schemaFinding(
        isOlder ? 'WARNING' : 'INFO',
        `The schemas have revision ${installed?.number ?? 'none'}; this build has ${ofThisBuild.number}.`,
        isOlder ? 'Bring them up to date.' : 'Update this program.',
        isOlder ? 'pgq-graphql install' : null,
      ),
    )
  }
  if (!server.hasTickTrigger)
    findings.push({
      check: 'TICK_TRIGGER',
      severity: 'WARNING',
      subject: 'pgq.tick',
      what: 'No trigger announces ticks.',
      why: 'Ticks are found by polling, so events come later, and it costs statements.',
      remedy: 'Make the trigger, as the owner of pgq.tick.',
      sql: `drop trigger if exists pgq_gateway_tick on pgq.tick;\n${createTickTrigger};`,
    })
  if (server.pathlessDefinerCount > 0) findings.push(searchPathFinding(server.pathlessDefinerCount))
  if (!server.seesSessions)
    findings.push({
      check: 'PRIVILEGES',
      severity: 'INFO',
      subject: `role ${server.watcher}`,
      what: 'It may not see the sessions of others.',
      why: 'Transactions that hold rotation back, and tickers such as pgqd, are not found.',
      remedy: 'Have an administrator grant it.',
      sql: `do $$ begin execute format('grant pg_read_all_stats to %I', ${literal(server.watcher)}); end $$;`,
    })
  return findings
}

function schemaFinding(
  severity: NewFinding['severity'],
  what: string,
  remedy: string,
  command: string | null,
): NewFinding {
  return {
    check: 'SCHEMA',
    severity,
    subject: 'schemas',
    what,
    why: 'What a version does needs the functions that came with it.',
    remedy,
    command,
  }
}

function searchPathFinding(count: number): NewFinding {
  return {
    check: 'SEARCH_PATH',
    severity: 'WARNING',
    subject: 'schema pgq',
    what: `${countOf(count, 'function')} of PgQ that run as their owner take the search path of whoever calls them.`,
    why: 'A login that may create a schema can have them run what it likes, as their owner.',
    remedy: 'Pin their search path, as their owner, and again after each update of the extension.',
    sql: `do $$ declare f regprocedure; begin for f in select oid from pg_proc where pronamespace = 'pgq'::regnamespace and prosecdef and not coalesce(proconfig::text, '') like '%search_path=%' loop execute format('alter function %s set search_path = pg_catalog, pgq, pg_temp', f); end loop; end $$;`,
  }
}

/** Checks limits and settings of the server, and its clock. */
export function checkServer({ server, clock, hearsNotices }: Facts, thresholds: Thresholds): NewFinding[] {
  const findings: NewFinding[] = []
  if (!hearsNotices)
    findings.push({
      check: 'NOT_LISTENING',
      severity: 'WARNING',
      subject: 'notices',
      what: 'No notices arrive from the database.',
      why: 'Ticks are found by polling, so events come later. A pooler that gives each transaction another session loses notices.',
      remedy:
        'Give the URL of the server itself as directUrl of the database in the configuration, or have the pooler keep sessions (pool_mode = session).',
    })
  if (server.notifyUsage >= thresholds.notifyUsage)
    findings.push({
      check: 'NOTIFY_QUEUE',
      severity: 'ERROR',
      subject: 'queue of notices',
      what: `PostgreSQL's queue of notices is ${percent(server.notifyUsage)} full.`,
      why: 'When it is full, transactions that notify fail, and with them ticks.',
      remedy: 'A session that listens sits in a transaction. End those that do.',
      sql: `select pg_terminate_backend(pid) from pg_stat_activity where state like 'idle in transaction%' and xact_start < now() - interval '5 min';`,
    })
  if (server.connectionCount >= server.maxConnections * thresholds.connections)
    findings.push({
      check: 'CONNECTIONS',
      severity: server.connectionCount >= server.maxConnections ? 'ERROR' : 'WARNING',
      subject: 'connections',
      what: `${server.connectionCount} of ${server.maxConnections} connections are taken.`,
      why: 'When all are, nobody can connect, gateways and tickers included.',
      remedy: 'Lower connections.maxPerRole, put a pooler in between, or allow more; that needs a restart.',
      sql: `alter system set max_connections = ${server.maxConnections * 2};`,
    })
  if (!server.autovacuum)
    findings.push({
      check: 'AUTOVACUUM',
      severity: 'WARNING',
      subject: 'autovacuum',
      what: 'Autovacuum is off.',
      why: 'Tables of PgQ whose rows change, such as pgq.subscription, grow and get slow, and transaction ids are not frozen in time.',
      remedy: 'Switch it on, as a superuser.',
      sql: 'alter system set autovacuum = on;\nalter system set track_counts = on;\nselect pg_reload_conf();',
    })
  // PostgreSQL freezes by itself from this age on; twice as old means that it does not come to it.
  if (server.xidAge >= server.freezeMaxAge * 2)
    findings.push({
      check: 'TRANSACTION_IDS',
      severity: 'ERROR',
      subject: `database ${server.databaseName}`,
      what: `Its oldest transaction id is ${server.xidAge} transactions old.`,
      why: 'At two thousand million the server refuses all writes.',
      remedy: 'End old transactions, then freeze what is old.',
      sql: 'vacuum (freeze);',
    })
  if (Math.abs(clock.aheadSeconds) - clock.uncertaintySeconds >= thresholds.clockSeconds)
    findings.push({
      check: 'CLOCK',
      severity: 'WARNING',
      subject: 'clocks',
      what: `The clock of the database is ${Math.abs(clock.aheadSeconds).toFixed(1)} s ${clock.aheadSeconds > 0 ? 'ahead of' : 'behind'} this machine's.`,
      why: 'Ages and times of retries are by the database; tokens and logs are by this machine.',
      remedy: 'Have both set their clocks from the network.',
      command: 'timedatectl set-ntp true',
    })
  return findings
}

function percent(share: number): string {
  return `${(share * 100).toFixed(0)} %`
}
