/** A property of a payload that a form has a field for. */
export interface PayloadField {
  name: string
  kind: 'text' | 'number' | 'boolean' | 'choice' | 'json'
  isRequired: boolean
  note: string | undefined
  choices: readonly string[]
}

interface Schema {
  type?: unknown
  enum?: readonly unknown[]
  description?: unknown
  properties?: Record<string, Schema>
  required?: readonly string[]
}

/** Reads the fields of a form from a JSON Schema; null for one whose payload is not a plain object. */
export function fieldsOf(schema: unknown): PayloadField[] | null {
  const { type, properties, required = [] } = (schema ?? {}) as Schema
  if (type !== 'object' || !properties) return null
  return Object.entries(properties).map(([name, property]) => ({
    name,
    kind: kindOf(property),
    isRequired: required.includes(name),
    note: typeof property.description === 'string' ? property.description : undefined,
    choices: property.enum?.map((value) => JSON.stringify(value)) ?? [],
  }))
}

function kindOf({ type, enum: choices }: Schema): PayloadField['kind'] {
  if (choices) return 'choice'
  if (type === 'string') return 'text'
  if (type === 'number' || type === 'integer') return 'number'
  return type === 'boolean' ? 'boolean' : 'json'
}

/** Writes a payload from the texts of its fields; numbers keep all their digits. */
export function payloadOf(fields: readonly PayloadField[], textOf: (name: string) => string): string {
  const members = fields.flatMap(({ name, kind, isRequired }) => {
    const text = textOf(name)
    if (text === '' && !(isRequired && kind === 'text')) return []
    return [`${JSON.stringify(name)}:${kind === 'text' ? JSON.stringify(text) : text}`]
  })
  return `{${members.join(',')}}`
}
