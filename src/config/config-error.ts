/** The configuration is wrong; the message names where it came from and the remedy. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'
}
