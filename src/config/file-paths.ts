import { resolve } from 'node:path'

/**
 * Makes the paths in a configuration file relative to its directory, wherever the process was started. Every setting
 * whose name is `file`, or ends with `File`, is a path.
 */
export function withFullPaths(value: unknown, directory: string): unknown {
  if (Array.isArray(value)) return value.map((each) => withFullPaths(each, directory))
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).map(([key, below]) => {
    const isPath = /^file$|File$/.test(key) && typeof below === 'string' && below !== ''
    return [key, isPath ? resolve(directory, below) : withFullPaths(below, directory)]
  })
  return Object.fromEntries(entries)
}
