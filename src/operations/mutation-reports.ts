import { defaultFieldResolver, type GraphQLFieldResolver, type GraphQLSchema } from 'graphql'
import type { Logger } from 'pino'
import { type ErrorCode, PgqError } from '../errors.ts'
import type { Instrumentation } from '../instrumentation.ts'
import type { SchemaContext } from '../schema/context.ts'

type Report = Parameters<NonNullable<Instrumentation['mutation']>>[0]
type TellMutation = (report: Report) => void

/** Finds who is told of mutations: instrumentation, and a log. @returns Null where that is nobody. */
export function mutationListener(
  instrumentation: Instrumentation | undefined,
  auditLogger: Logger | undefined,
): TellMutation | null {
  const write = auditLogger && ((report: Report) => writeLine(auditLogger, report))
  if (!instrumentation?.mutation) return write ?? null
  return (report) => {
    instrumentation.mutation?.(report)
    write?.(report)
  }
}

/** Writes each member by its name: to copy the report, and leave some out, takes longer than all the rest. */
function writeLine(logger: Logger, report: Report): void {
  const { caller, client, requestId, mutation, database, queue, consumer, batchId } = report
  const { affected } = report
  const outcome = report.code ?? 'ok'
  const durationMs = Math.round(report.durationMs * 10) / 10
  logger.info(
    {
      caller,
      client,
      requestId,
      mutation,
      database,
      queue,
      consumer,
      batchId,
      outcome,
      durationMs,
      ...(affected !== undefined && { affected }),
    },
    'mutation',
  )
}

/**
 * Has each mutation field tell of its end, whichever server executes the schema.
 *
 * @param schema Changed in place.
 */
export function reportMutations(schema: GraphQLSchema, tell: TellMutation): GraphQLSchema {
  for (const field of Object.values(schema.getMutationType()?.getFields() ?? {}))
    field.resolve = reporting(field.name, field.resolve ?? defaultFieldResolver, tell)
  return schema
}

type Resolve = GraphQLFieldResolver<unknown, SchemaContext, Arguments>

function reporting(mutation: string, resolve: Resolve, tell: TellMutation): Resolve {
  return async (parent, args, context, info) => {
    const startedMs = performance.now()
    const report = (code: ErrorCode | null) =>
      tell(reportOf(context, mutation, args.input ?? noInput, performance.now() - startedMs, code))
    try {
      const result: unknown = await resolve(parent, args, context, info)
      report(null)
      return result
    } catch (error) {
      report(error instanceof PgqError ? error.code : 'INTERNAL')
      throw error
    }
  }
}

interface Arguments {
  input?: Input
}

type Input = Readonly<Record<string, unknown>>

const noInput: Input = {}

/** Picks the names that a report may have; the rest of an input may be a payload or a secret. */
function reportOf(
  { caller, sender }: SchemaContext,
  mutation: string,
  input: Input,
  durationMs: number,
  code: ErrorCode | null,
): Report {
  return {
    caller: caller.name,
    client: sender.address || null,
    requestId: sender.requestId,
    mutation,
    database: textOf(input.database),
    // What is about a queue itself calls it by `name`.
    queue: textOf(input.queue ?? input.name),
    consumer: textOf(input.consumer),
    batchId: textOf(input.batchId),
    durationMs,
    code,
  }
}

function textOf(value: unknown): string | null {
  return typeof value === 'string' ? value : null
}
