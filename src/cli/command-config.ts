import { type Command, Option } from 'commander'
import { type FlagValue, loadConfig } from '../config/load.ts'
import { allOptions } from '../config/options.ts'
import type { Config } from '../config/shape.ts'

/** Loads the settings for a command, by its flags as they were given. @throws ConfigError */
export function configOf(command: Command): Config {
  const { config: file } = command.opts<{ config?: string }>()
  return loadConfig({ flags: flagsOf(command), environment: process.env, file })
}

/** Returns only the flags that were given; commander invents values for others, such as those of `--no-…`. */
function flagsOf(command: Command): Map<string, FlagValue> {
  const flags = new Map<string, FlagValue>()
  for (const option of allOptions) {
    const name = new Option(option.flag).attributeName()
    if (command.getOptionValueSource(name) !== 'cli') continue
    const value: unknown = command.getOptionValue(name)
    flags.set(option.path, option.flagValue ?? (Array.isArray(value) ? value : String(value)))
  }
  return flags
}
