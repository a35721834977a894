import { readFileSync } from 'node:fs'
import { ConfigError } from './config-error.ts'

/** Reads the object in a JSON file. @throws ConfigError where there is none. */
export function readConfigFile(path: string): Record<string, unknown> {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    const reason = code === 'ENOENT' ? 'there is no such file' : `it cannot be read (${code})`
    throw new ConfigError(`--config ${path}: ${reason}.`, { cause: error })
  }
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    throw new ConfigError(`--config ${path}: not valid JSON: ${(error as Error).message}.`, { cause: error })
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new ConfigError(`--config ${path}: must hold a JSON object, such as {"port": 4000}.`)
  }
  return value as Record<string, unknown>
}
