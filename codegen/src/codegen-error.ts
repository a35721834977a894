/** The user can mend the cause: a server that cannot be reached, a file that is missing, options that make no sense. */
export class CodegenError extends Error {
  override readonly name = 'CodegenError'
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
