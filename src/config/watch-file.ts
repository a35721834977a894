import { reasonOf } from '../reason.ts'
import { type FileUse, WatchedFile } from '../watched-file.ts'
import { ConfigError } from './config-error.ts'

/** Names a file for errors. */
interface NamedFile {
  path: string
  /** The setting that gives the path. */
  setting: string
  /** What to do where there is no such file. */
  remedy?: string
}

/** Watches a file that is configured. @throws ConfigError where it cannot be read, and what `parse` throws. */
export function watchFile<Value>(
  { path, setting, remedy }: NamedFile,
  use: FileUse<Value>,
): WatchedFile<Value> {
  try {
    return new WatchedFile(path, use)
  } catch (error) {
    if (error instanceof ConfigError) throw error
    const isMissing = (error as NodeJS.ErrnoException).code === 'ENOENT'
    const missing = `there is no such file${remedy === undefined ? '' : `; ${remedy}`}`
    const reason = isMissing ? missing : `it cannot be read (${reasonOf(error)})`
    throw new ConfigError(`${setting} ${path}: ${reason}.`, { cause: error })
  }
}
