/** Largest number of characters in the name of a database. */
const MAX_CHARACTERS = 128

/** Says what is wrong with a name for a database, as the API has it; null for nothing. */
export function problemOfDatabaseName(name: string): string | null {
  if (name === '') return 'must have a name'
  if (name.includes('://')) return 'has a URL for its name; write name=url'
  if ([...name].length > MAX_CHARACTERS) return `has a name of more than ${MAX_CHARACTERS} characters`
  // An object has a special meaning for it.
  if (/\p{Cc}/u.test(name) || !name.isWellFormed() || name === '__proto__')
    return 'has a name with characters that cannot be used, such as control characters'
  return null
}
