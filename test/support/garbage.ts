import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

setFlagsFromString('--expose-gc')

/** Runs a full garbage collection, so that all remaining memory is in use. */
export const collectGarbage: () => void = runInNewContext('gc')
