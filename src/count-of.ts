/** Says how many there are: `1 queue`, `0 queues`. */
export function countOf(count: string | number, noun: string): string {
  return `${count} ${noun}${String(count) === '1' ? '' : 's'}`
}
