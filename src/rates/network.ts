import { isIPv6 } from 'node:net'

/** Groups of an IPv6 address that are one customer's: whoever has one address has all of its /64. */
const NETWORK_GROUPS = 4

/** Names the network of an address, for what is counted by address: a single IPv4 address, a /64 of IPv6. */
export function networkOf(address: string): string {
  const [unscoped = ''] = address.split('%')
  if (!isIPv6(unscoped)) return address
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(unscoped)?.[1]
  if (mapped !== undefined) return mapped
  const [head = '', tail] = unscoped.split('::')
  const groups = groupsOf(head)
  const last = groupsOf(tail ?? '')
  const zeros = Array.from({ length: 8 - groups.length - last.length }, () => '0')
  const all = tail === undefined ? groups : [...groups, ...zeros, ...last]
  const network = all.slice(0, NETWORK_GROUPS).map((group) => Number.parseInt(group, 16).toString(16))
  return `${network.join(':')}::/64`
}

/** Lists groups of 16 bits; an IPv4 address at the end is two of them. */
function groupsOf(text: string): string[] {
  return text === '' ? [] : text.split(':').flatMap((group) => (group.includes('.') ? ['0', '0'] : [group]))
}
