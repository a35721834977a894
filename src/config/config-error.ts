/** Thrown for a wrong configuration; the message names the source of the value and the remedy. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'
}
