import { z } from 'zod'
import { extraColumns } from '../access/grant.ts'
import { type MoverOptions, problemOfMover } from '../mover-plan.ts'

const text = z.string('must be a text').min(1, 'must not be empty')
const column = z.enum(extraColumns, `must be one of ${extraColumns.join(', ')}`)

const moverShape = z.strictObject({
  from: z.strictObject({
    /** Databases by name, where `*` is any run of characters, as in grants. */
    databases: text,
    queue: text,
  }),
  to: z.strictObject({
    database: text.optional(),
    queue: text.optional(),
    /** In place of `queue`: the column of an event that names the queue it goes into. */
    queueBy: column.optional(),
    /** URL of a NATS server, whose JetStream gets the events in place of a database. */
    nats: text.optional(),
    /** With `nats`: subject of the messages, with placeholders. */
    subject: text.optional(),
    /** With `nats`: file with the credentials of a user. */
    credsFile: text.optional(),
    /** With `nats`: how many messages of a source may be unacknowledged at once. */
    maxInFlight: z.number('must be a number').optional(),
    /** Whether to create queues of the target, or a stream, where they are missing. */
    create: z.boolean('must be true or false').optional(),
  }),
  /** Name of the consumer on the sources. Default: that of the mover. */
  consumer: text.optional(),
  /** Types of the events that are moved; null for all. */
  types: z.array(text, 'must be a list of types').nullable().optional(),
  /** Column of the target that gets database/queue/event id of the source; null for none. */
  origin: column.nullable().optional(),
})

/** Movers by name. */
export const moversShape = z.record(z.string(), moverShape, 'must be an object of movers by name')

export type MoversConfig = z.infer<typeof moversShape>

/** Lists the movers as the gateway takes them. */
export function listMovers(movers: MoversConfig): MoverOptions[] {
  return Object.entries(movers).map(([name, settings]) => ({ name, ...settings }))
}

/** Finds what is wrong with movers. @returns The keys that lead to each mistake, below `movers`, and what it is. */
export function findMoverMistakes(movers: MoversConfig): { path: string[]; message: string }[] {
  return listMovers(movers).flatMap((mover) => {
    const problem = problemOfMover(mover)
    return problem === null ? [] : [{ path: [mover.name, ...problem.path], message: problem.message }]
  })
}
