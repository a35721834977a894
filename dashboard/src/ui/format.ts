const units = [
  ['d', 86_400],
  ['h', 3_600],
  ['min', 60],
  ['s', 1],
] as const

/** Says how long something is, as people do: `40 ms`, `3 min 20 s`, `2 d 4 h`. */
export function duration(seconds: number): string {
  if (seconds === 0) return '0 s'
  if (seconds < 1) return `${Math.round(seconds * 1000)} ms`
  if (seconds < 10) return `${seconds.toFixed(1)} s`
  const first = units.findIndex(([, size]) => seconds >= size)
  const [name, size] = units[first] ?? units[3]
  const next = units[first + 1]
  if (!next) return `${Math.round(seconds)} s`
  const rest = Math.floor((seconds % size) / next[1])
  const whole = `${Math.floor(seconds / size)} ${name}`
  return rest === 0 || seconds >= size * 10 ? whole : `${whole} ${rest} ${next[0]}`
}

const grouped = new Intl.NumberFormat('en')
const short = new Intl.NumberFormat('en', { notation: 'compact', maximumFractionDigits: 1 })

/** Writes an exact number with its thousands apart. @param value May be an int8, which is a string. */
export function exact(value: string | number): string {
  return grouped.format(typeof value === 'string' ? BigInt(value) : value)
}

/** Writes a number in as few characters as tell its size. */
export function count(value: string | number): string {
  const size = Number(value)
  return Math.abs(size) < 10_000 ? exact(value) : short.format(size)
}

export function rate(perSecond: number): string {
  if (perSecond === 0) return '0'
  if (perSecond < 0.1) return '<0.1'
  return perSecond < 10 ? perSecond.toFixed(1) : count(Math.round(perSecond))
}

const byteUnits = ['bytes', 'kB', 'MB', 'GB', 'TB'] as const

/** Writes a size as PostgreSQL does, in units of 1024. */
export function bytes(size: string | number): string {
  const value = Number(size)
  const power = Math.min(Math.floor(Math.log2(Math.max(value, 1)) / 10), byteUnits.length - 1)
  const scaled = value / 1024 ** power
  return `${scaled < 10 && power > 0 ? scaled.toFixed(1) : Math.round(scaled)} ${byteUnits[power]}`
}

/** Writes a time of the server in UTC, whatever the clock and zone of the browser. */
export function utc(time: string): string {
  return `${time.slice(0, 10)} ${time.slice(11, 19)} UTC`
}

/** Returns the names in a text that has them apart by commas. */
export function namesIn(text: string): string[] {
  return text.split(',').flatMap((name) => name.trim() || [])
}

/** Adds what an input of the browser leaves out of a time: the seconds, and that it is UTC. */
export function instantOf(time: string): string {
  if (/(Z|[+-]\d\d:\d\d)$/.test(time)) return time
  return /T\d\d:\d\d$/.test(time) ? `${time}:00Z` : `${time}Z`
}
