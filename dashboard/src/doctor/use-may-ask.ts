import { useAnswer } from '../api/hooks.ts'
import { MayInDatabaseDocument } from '../generated/operations.ts'

/** Tells whether the caller may ask the doctor of a database; undefined until that is known. */
export function useMayAsk(database: string | undefined): boolean | undefined {
  const isNowhere = database === undefined
  const { data } = useAnswer(MayInDatabaseDocument, { database: database ?? '' }, isNowhere)
  return data?.me.manage
}
