import { isObject } from './codegen-error.ts'

export type Schema = Record<string, unknown>

export function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}

/**
 * Resolves `#`, `#/pointer`, `#anchor`, or one of these after the root's own `$id`. It gives undefined for everything
 * else: nothing outside of the schema is ever read.
 */
export function resolve(ref: unknown, root: Schema): Schema | boolean | undefined {
  if (typeof ref !== 'string') return undefined
  const [address = '', fragment = ''] = ref.split('#', 2)
  if (address !== '' && address !== root.$id) return undefined
  const isPointer = fragment === '' || fragment.startsWith('/')
  const target = isPointer ? atPointer(root, fragment) : atAnchor(root, fragment)
  return isObject(target) || typeof target === 'boolean' ? target : undefined
}

/** Gives the steps of a reference that can serve as a name: `Address` of `#/$defs/Address`. */
export function nameParts(ref: string): string[] {
  const fragment = ref.slice(ref.indexOf('#') + 1)
  const steps = fragment.startsWith('/') ? stepsOf(fragment) : [fragment]
  return /^\/(\$defs|definitions)\//.test(fragment) ? steps.slice(1) : steps
}

function stepsOf(pointer: string): string[] {
  const steps = pointer.split('/').slice(1)
  return steps.map((step) => decode(step).replaceAll('~1', '/').replaceAll('~0', '~'))
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

function atPointer(root: Schema, pointer: string): unknown {
  let value: unknown = root
  for (const key of stepsOf(pointer)) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined
    value = (value as Schema)[key]
  }
  return value
}

function atAnchor(value: unknown, anchor: string): unknown {
  if (typeof value !== 'object' || value === null) return undefined
  if (isObject(value) && value.$anchor === anchor) return value
  for (const child of Object.values(value)) {
    const found = atAnchor(child, anchor)
    if (found !== undefined) return found
  }
  return undefined
}

/**
 * True for a schema that is defined as itself, with no object or array between. TypeScript refuses that, and it says
 * nothing.
 */
export function isCircular(target: Schema, root: Schema): boolean {
  const combined = (schema: Schema) => [schema.allOf, schema.anyOf, schema.oneOf].flatMap(listOf)
  return leadsBack(target, (schema) => [resolve(schema.$ref, root), ...combined(schema)])
}

/** True for a schema that contains itself somewhere. */
export function isRecursive(target: Schema, root: Schema): boolean {
  return leadsBack(target, (schema) => [resolve(schema.$ref, root), ...Object.values(schema)])
}

function leadsBack(target: Schema, next: (schema: Schema) => readonly unknown[]): boolean {
  const seen = new Set<unknown>()
  const waiting: unknown[] = [target]
  while (waiting.length > 0) {
    const schema = waiting.pop()
    if (typeof schema !== 'object' || schema === null || seen.has(schema)) continue
    seen.add(schema)
    const following = isObject(schema) ? next(schema) : Object.values(schema)
    if (following.includes(target)) return true
    waiting.push(...following)
  }
  return false
}
