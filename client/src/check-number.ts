/** @throws RangeError */
export function checkNumber(
  name: string,
  value: number,
  min: number,
  max = Number.POSITIVE_INFINITY,
): number {
  if (typeof value === 'number' && value >= min && value <= max) return value
  throw new RangeError(`${name} must be a number from ${min} to ${max}, got ${String(value)}`)
}
