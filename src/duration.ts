const units = [
  { name: 'd', seconds: 86_400 },
  { name: 'h', seconds: 3_600 },
  { name: 'min', seconds: 60 },
] as const

/** Parses a time such as `90d`, `12h` or `30min`. @returns Seconds, or null for another text. */
export function parseSeconds(text: string): number | null {
  const [, count, name] = /^(\d{1,9})(d|h|min)$/.exec(text) ?? []
  const unit = units.find((each) => each.name === name)
  return unit ? Number(count) * unit.seconds : null
}

/** Formats seconds for people: `0.42 s`, `12.3 s`, `3 min 20 s`, `2 d 4 h`; null stays null. */
export function formatSeconds(seconds: number | null): string | null {
  if (seconds === null) return null
  if (seconds < 60) return `${seconds < 10 ? seconds.toFixed(2) : seconds.toFixed(1)} s`
  const whole = Math.round(seconds)
  for (const [index, unit] of units.entries()) {
    if (whole < unit.seconds) continue
    const next = units[index + 1] ?? { name: 's', seconds: 1 }
    const rest = Math.floor((whole % unit.seconds) / next.seconds)
    const first = `${Math.floor(whole / unit.seconds)} ${unit.name}`
    return rest === 0 ? first : `${first} ${rest} ${next.name}`
  }
  return `${whole} s`
}
