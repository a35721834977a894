import type { Place } from '../access/access.ts'

/** The places that fields need grants for, found in an object or in arguments. */

export function placeOfQueue({ database, name }: { database: string; name: string }): Place {
  return { database, queue: name }
}

export function placeOfRow({ database, queueName }: { database: string; queueName: string }): Place {
  return { database, queue: queueName }
}

/** The place of a consumer, which is its members', too. */
export function placeOfConsumer(row: {
  database: string
  queueName: string
  name: string
  mainName: string | null
}): Place {
  return { database: row.database, queue: row.queueName, consumer: row.mainName ?? row.name }
}

interface QueueArgs {
  database: string
  queue: string
}

interface ConsumerArgs extends QueueArgs {
  consumer: string
}

export function queueOfArgs(_: unknown, { database, queue }: QueueArgs): Place {
  return { database, queue }
}

export function consumerOfArgs(_: unknown, { database, queue, consumer }: ConsumerArgs): Place {
  return { database, queue, consumer }
}

export function databaseOfArgs(_: unknown, { database }: { database: string }): Place {
  return { database }
}

export function databaseOfInput(_: unknown, { input: { database } }: { input: { database: string } }): Place {
  return { database }
}

export function queueOfInput(_: unknown, { input }: { input: QueueArgs }): Place {
  return queueOfArgs(_, input)
}

export function queueNamedInInput(
  _: unknown,
  { input }: { input: { database: string; name: string } },
): Place {
  return placeOfQueue(input)
}

export function consumerOfInput(_: unknown, { input }: { input: ConsumerArgs }): Place {
  return consumerOfArgs(_, input)
}
