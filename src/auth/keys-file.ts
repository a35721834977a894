import { z } from 'zod'
import { ConfigError } from '../config/config-error.ts'
import { fixedGrants } from '../config/fixed-grants.ts'

const nameRule = 'must be 1 to 64 letters, digits, points, dashes or underscores'

const nameShape = z.string(nameRule).regex(/^[\w.-]{1,64}$/, nameRule)

/** Says what is wrong with the name of a key; null where nothing is. */
export function problemOfName(name: string): string | null {
  return nameShape.safeParse(name).success ? null : nameRule
}

const keyShape = z.strictObject({
  /** Name of the key in logs and limits. */
  name: nameShape,
  /** Hash of the secret. */
  sha256: z
    .string('must be a SHA-256')
    .regex(/^[0-9a-f]{64}$/, 'must be a SHA-256, in 64 hexadecimal digits'),
  grants: fixedGrants,
  /** Null for a key that does not expire. */
  expiresAt: z.iso
    .datetime({ offset: true, error: 'must be a time such as 2027-01-31T12:00:00Z' })
    .nullable(),
})

const keysShape = z.array(keyShape, 'must hold a list of keys').superRefine((keys, context) => {
  for (const field of ['name', 'sha256'] as const) {
    const values = keys.map((key) => key[field])
    const index = values.findIndex((value, at) => values.indexOf(value) < at)
    if (index >= 0)
      context.addIssue({ code: 'custom', path: [index, field], message: 'another key has it, too' })
  }
})

/** A key as it stands in the file of keys. */
export type KeyEntry = z.infer<typeof keyShape>

/** Reads a file of keys. @throws ConfigError that says what is wrong, all at once, without values. */
export function parseKeys(path: string, content: Buffer): KeyEntry[] {
  let value: unknown
  try {
    value = JSON.parse(content.toString())
  } catch {
    throw new ConfigError(`${path}: not valid JSON.`)
  }
  const result = keysShape.safeParse(value)
  if (result.success) return result.data
  const lines = result.error.issues.map(({ path: at, message }) => {
    const place = at.length === 0 ? '' : ` key "${at.join('.')}"`
    return `${path}${place}: ${message}.`
  })
  throw new ConfigError(lines.join('\n'))
}

export function formatKeys(keys: readonly KeyEntry[]): string {
  return `${JSON.stringify(keys, null, 2)}\n`
}

/** When a key expires (milliseconds since 1970); infinite where it does not. */
export function expiryMs({ expiresAt }: KeyEntry): number {
  return expiresAt === null ? Number.POSITIVE_INFINITY : Date.parse(expiresAt)
}
