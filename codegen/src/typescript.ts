import { isObject } from './codegen-error.ts'
import { type EventType, groupByQueue, sortEventTypes } from './event-type.ts'
import { docOf, noArrays, type Place, typeOf } from './json-schema.ts'
import { Names, pascalCase } from './names.ts'
import { nameParts, type Schema } from './reference.ts'
import { commentLines, docComment, literal, propertyName } from './source-text.ts'
import type { TypeText } from './type-text.ts'

/** Parts of a generated file, in the order in which they stand there. */
export interface GeneratedTypes {
  header: string
  imports: string
  content: string
}

/**
 * Writes the TypeScript file.
 *
 * @param source Tells the reader where the event types are from: a path, or a server's address.
 */
export function generateTypes(given: readonly EventType[], source: string): GeneratedTypes {
  const eventTypes = sortEventTypes(given)
  const names = new Names()
  const queues = groupByQueue(eventTypes)
  for (const queue of queues.keys()) names.want([queue], pascalCase([queue, 'event']))
  const payloads = eventTypes.map((eventType) => new Payload(eventType, names))
  for (const payload of payloads) payload.findParts()
  return {
    header: `// ${commentLines(`Made by @pgq-graphql/codegen from ${source}; do not edit.`).join(' ')}`,
    imports: "import type { KnownEventTypes, TypedEvent } from '@pgq-graphql/client'",
    content: [
      eventTypesInterface(queues, names),
      knownEventTypes(eventTypes),
      ...[...queues].map(([queue, types]) => eventUnion(queue, types, names)),
      ...payloads.flatMap((payload) => payload.declarations()),
    ].join('\n'),
  }
}

export function joinTypes({ header, imports, content }: GeneratedTypes): string {
  return `${header}\n${imports}\n\n${content}`
}

function eventTypesInterface(queues: ReadonlyMap<string, readonly EventType[]>, names: Names): string {
  const members = [...queues].map(([queue, types]) => {
    const payloads = types.map(({ type }) => `    ${propertyName(type)}: ${names.of([queue, type])}\n`)
    return `  ${propertyName(queue)}: {\n${payloads.join('')}  }\n`
  })
  const doc = docComment(['The payloads of the events, by queue and type.'])
  return `${doc}export interface EventTypes {\n${members.join('')}}\n`
}

function knownEventTypes(eventTypes: readonly EventType[]): string {
  const entries = eventTypes.map(
    ({ queue, type, version }) => `  [${literal(queue)}, ${literal(type)}, ${version}],\n`,
  )
  const doc = docComment(['For `createClient({ url, eventTypes })`: queue, type and version of the schema.'])
  return `${doc}export const eventTypes: KnownEventTypes<EventTypes> = [\n${entries.join('')}]\n`
}

function eventUnion(queue: string, types: readonly EventType[], names: Names): string {
  const parts = types.map(({ type }) => `\n  | TypedEvent<${literal(type)}, ${names.of([queue, type])}>`)
  const doc = docComment([`The registered events of queue ${JSON.stringify(queue)}.`])
  return `${doc}export type ${names.of([queue])} =${parts.join('')}\n`
}

interface Part {
  schema: Schema
  thing: readonly string[]
  /** The schema that references start from: the whole, or a part with an `$id`. */
  root: Schema
}

/** Collects a payload and the parts of its schema that are referred to; each becomes a type. */
class Payload {
  readonly #eventType: EventType
  readonly #names: Names
  readonly #parts = new Map<Schema, Part>()

  constructor(eventType: EventType, names: Names) {
    this.#eventType = eventType
    this.#names = names
    const { queue, type } = eventType
    names.want([queue, type], pascalCase([queue, type]))
  }

  /** Asks for a name for each part. A part may refer to further ones. */
  findParts(): void {
    const { queue, type, schema } = this.#eventType
    if (!isObject(schema)) return
    const root: Part = { schema, thing: [queue, type], root: schema }
    this.#parts.set(schema, root)
    for (const part of this.#parts.values()) this.#typeOf(part)
  }

  declarations(): string[] {
    const { queue, type, schema, version } = this.#eventType
    const where = `Version ${version} of ${JSON.stringify(type)} in queue ${JSON.stringify(queue)}.`
    if (!isObject(schema)) {
      const text = schema === false ? 'never' : 'unknown'
      return [`${docComment([where])}export type ${this.#names.of([queue, type])} = ${text}\n`]
    }
    return [...this.#parts.values()].map((part) => {
      const doc = docOf(part.schema, '', part.schema === schema ? [where] : [])
      const name = this.#names.of(part.thing)
      const { text, isObject } = this.#typeOf(part, (found) => this.#names.of(found.thing))
      return `${doc}${isObject ? `export interface ${name} ${text}` : `export type ${name} = ${text}`}\n`
    })
  }

  #typeOf({ schema, root }: Part, nameOf: (part: Part) => string = () => 'unnamed'): TypeText {
    const place: Place = {
      root,
      nameOf: (target, ref, from) => nameOf(this.#part(target, ref, from)),
      indent: '',
      depth: 0,
      arrays: noArrays,
    }
    return typeOf(schema, place)
  }

  #part(schema: Schema, ref: string, root: Schema): Part {
    const known = this.#parts.get(schema)
    if (known) return known
    const { queue, type } = this.#eventType
    // Equal references mean different parts where a part of the schema has an `$id`.
    const equal = [...this.#parts.values()].filter(({ thing }) => thing[2] === ref).length
    const part = { schema, root, thing: [queue, type, ref, String(equal)] }
    this.#names.want(part.thing, pascalCase([queue, type, ...nameParts(ref)]))
    this.#parts.set(schema, part)
    return part
  }
}
