import { isIPv4, isIPv6 } from 'node:net'
import type { Address } from './sock.ts'

/** The text or the `Address` is no literal IP endpoint. The message is one line for people. */
export class AddressError extends Error {
  override readonly name = 'AddressError'
}

/**
 * '127.0.0.1:8333' or '[::1]:8333'; the host comes back in its canonical spelling.
 * @throws AddressError
 */
export function parseAddress(text: string): Address {
  const parts = /^(?:\[(?<v6>[^\]]*)\]|(?<v4>[^:]*)):(?<port>\d{1,5})$/.exec(text)?.groups
  const port = Number(parts?.port)
  if (parts?.v6 !== undefined && isLiteral(6, parts.v6) && port <= 0xffff) {
    return { family: 6, host: formatIPv6(parseIPv6(parts.v6)), port }
  }
  if (parts?.v4 !== undefined && isLiteral(4, parts.v4) && port <= 0xffff) {
    return { family: 4, host: parts.v4, port }
  }
  throw new AddressError(
    `"${text}" is no address; write IP:PORT, such as 127.0.0.1:8333 or [::1]:8333 (names are not resolved)`,
  )
}

export function formatAddress({ family, host, port }: Address): string {
  return family === 6 ? `[${host}]:${port}` : `${host}:${port}`
}

export const AF_INET = 2
export const AF_INET6 = 10

/** Room for either sockaddr. */
export const SOCKADDR_MAX_BYTES = 28

/**
 * Writes a sockaddr_in (16 bytes) or sockaddr_in6 (28): the family in host order, which is
 * little-endian on both supported architectures, the port big-endian.
 * @returns its size in bytes
 * @throws AddressError where the host is no literal address of the family, or the port no port
 */
export function encodeSockaddr({ family, host, port }: Address, into: Uint8Array): number {
  if (!isLiteral(family, host)) throw new AddressError(`"${host}" is no IPv${family} address`)
  if (!Number.isInteger(port) || port < 0 || port > 0xffff) {
    throw new AddressError(`${port} is no port; ports are 0 to 65535`)
  }
  const sizeBytes = family === 6 ? 28 : 16
  into.fill(0, 0, sizeBytes)
  into[0] = family === 6 ? AF_INET6 : AF_INET
  into[2] = port >> 8
  into[3] = port & 0xff
  if (family === 4) {
    into.set(host.split('.').map(Number), 4)
    return sizeBytes
  }
  parseIPv6(host).forEach((group, i) => {
    into[8 + 2 * i] = group >> 8
    into[9 + 2 * i] = group & 0xff
  })
  return sizeBytes
}

/** Reads what `encodeSockaddr` or the kernel wrote. */
export function decodeSockaddr(from: Uint8Array): Address {
  const port = (from[2] << 8) | from[3]
  if (from[0] === AF_INET) return { family: 4, host: from.subarray(4, 8).join('.'), port }
  if (from[0] !== AF_INET6) throw new AddressError(`sockaddr of unknown family ${from[0]}`)
  const groups = Array.from({ length: 8 }, (_, i) => (from[8 + 2 * i] << 8) | from[9 + 2 * i])
  return { family: 6, host: formatIPv6(groups), port }
}

/** A zone ('%eth0') is refused: there is nothing here to look it up with. */
function isLiteral(family: 4 | 6, host: string): boolean {
  return family === 6 ? isIPv6(host) && !host.includes('%') : isIPv4(host)
}

/** The eight 16-bit groups of a valid literal; '::' stands for the missing ones. */
function parseIPv6(host: string): number[] {
  const [head, tail] = host.split('::')
  const before = parseGroups(head)
  if (tail === undefined) return before
  const after = parseGroups(tail)
  return [...before, ...Array(8 - before.length - after.length).fill(0), ...after]
}

/** 'fe80:1', '', or with an IPv4 address as its last two groups ('ffff:127.0.0.1'). */
function parseGroups(text: string): number[] {
  if (text === '') return []
  return text.split(':').flatMap(group => {
    if (!group.includes('.')) return [Number.parseInt(group, 16)]
    const [a, b, c, d] = group.split('.').map(Number)
    return [(a << 8) | b, (c << 8) | d]
  })
}

/** RFC 5952: lower case, no leading zeros, the first longest run of two or more zero groups as '::'. */
function formatIPv6(groups: number[]): string {
  let longest = { start: 0, length: 1 }
  for (let start = 0; start < groups.length; ) {
    let end = start
    while (end < groups.length && groups[end] === 0) end++
    if (end - start > longest.length) longest = { start, length: end - start }
    start = end + 1
  }
  const hex = groups.map(group => group.toString(16))
  if (longest.length < 2) return hex.join(':')
  const { start, length } = longest
  return `${hex.slice(0, start).join(':')}::${hex.slice(start + length).join(':')}`
}
