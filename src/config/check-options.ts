import type { z } from 'zod'
import { ConfigError } from './config-error.ts'

/**
 * Checks options that a program gives, as those of the command line are.
 *
 * @param section Where they stand in a configuration, for errors. Default: at its top.
 * @throws ConfigError that names each bad one.
 */
export function checkOptions<Value>(shape: z.ZodType<Value>, options: unknown, section?: string): Value {
  const result = shape.safeParse(options)
  if (result.success) return result.data
  const lines = result.error.issues.map(({ path, message }) => {
    const name = [...(section === undefined ? [] : [section]), ...path].join('.')
    return `${name}: ${message}.`
  })
  throw new ConfigError(lines.join('\n'))
}
