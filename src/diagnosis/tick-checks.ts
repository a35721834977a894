import { countOf } from '../count-of.ts'
import { formatSeconds } from '../duration.ts'
import { tickMaker } from '../resolvers/ticks/who-ticks.ts'
import type { Facts, QueueFacts } from './facts.ts'
import type { NewFinding } from './finding.ts'
import { literal } from './literal.ts'

/** Checks who makes ticks. */
export function checkTicker({ ticking }: Facts): NewFinding[] {
  const { leaderPid, leaderName, programPid, programName, queueCount } = ticking
  if (queueCount > 0 && tickMaker(ticking, false) === 'nobody')
    return [
      {
        check: 'NO_TICKER',
        severity: 'ERROR',
        subject: 'ticker',
        what: 'Nobody makes ticks.',
        why: 'Events are delivered by ticks, so no consumer gets any.',
        ...(leaderName === null
          ? {
              remedy: 'Start a ticker, and keep it running: this one, "pgq-graphql serve" or pgqd.',
              command: 'pgq-graphql ticker',
            }
          : {
              remedy: `A gateway (${leaderName}) has the lead and makes no ticks; its log says why. To let another one take over, end ${leaderPid === null ? 'it' : 'its session'}.`,
              ...(leaderPid !== null && { sql: `select pg_terminate_backend(${leaderPid});` }),
            }),
      },
    ]
  if (leaderName === null || programPid === null) return []
  return [
    {
      check: 'TWO_TICKERS',
      severity: 'INFO',
      subject: 'ticker',
      what: `Both a gateway (${leaderName}) and another program (${programName || 'pgqd or the like'}) make ticks.`,
      why: 'That loses nothing, but each asks the database, and batches are smaller than they are set to be.',
      remedy: 'Stop the other program, here by ending its session, or run gateways with --no-ticker.',
      sql: `select pg_terminate_backend(${programPid});`,
    },
  ]
}

/** Checks whether a queue is ticked. */
export function checkTicks(queue: QueueFacts, { ticking }: Facts): NewFinding[] {
  const { name, tickerPaused, externalTicker, tickOverdueSeconds, newEvents } = queue
  const subject = `queue ${name}`
  const waiting =
    newEvents === null || newEvents === '0' ? '' : `, with ${countOf(newEvents, 'event')} waiting`
  const ofQueue = { subject, queue: name }
  if (tickerPaused)
    return [
      {
        ...ofQueue,
        check: 'TICKER_PAUSED',
        severity: waiting === '' ? 'INFO' : 'WARNING',
        what: `Its ticker is paused${waiting}.`,
        why: 'Until it goes on, consumers get none of the events that are published.',
        remedy: 'Let it go on.',
        sql: `select pgq.set_queue_config(${literal(name)}, 'ticker_paused', 'false');`,
      },
    ]
  if (externalTicker)
    return [
      {
        ...ofQueue,
        check: 'TICKER_EXTERNAL',
        severity: 'INFO',
        what: `Its ticks come from outside${waiting}.`,
        why: 'No ticker here cares for it: without the program that brings the ticks, consumers get nothing.',
        remedy: 'Where no such program runs, have it ticked here.',
        sql: `select pgq.set_queue_config(${literal(name)}, 'external_ticker', 'false');`,
      },
    ]
  if (tickOverdueSeconds === null || tickMaker(ticking, false) === 'nobody') return []
  return [
    {
      ...ofQueue,
      check: 'TICK_OVERDUE',
      severity: 'ERROR',
      what: `A tick is overdue for ${formatSeconds(tickOverdueSeconds)}${waiting}, though others are made.`,
      why: 'Its consumers get nothing until there is one.',
      remedy: 'Make one, and read what refuses it; the log of the ticker has the same.',
      sql: `select pgq.ticker(${literal(name)});`,
    },
  ]
}
