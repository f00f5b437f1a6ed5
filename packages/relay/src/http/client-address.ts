/**
 * Whose request it is, for limits and log lines (WS-14). Laws:
 * - It is the address of the peer, whatever a header says: anybody can write `X-Forwarded-For`.
 * - Where the peer is a proxy that the host named, the last address that no such proxy has is meant. What stands before it, somebody made up.
 */
import { JoineryError } from '@joinery/core'
import ipaddr from 'ipaddr.js'
import { isIPv4 } from 'node:net'

type Address = ipaddr.IPv4 | ipaddr.IPv6

/** An IPv6 network of one household: a limit on single addresses of it would be none. */
const HOUSEHOLD_BYTES = 8

/** Of the peer's address and the header, if there is one. */
export type ClientAddress = (peer: string | undefined, forwardedFor: string | string[] | undefined) => string

/** `trusted` are addresses and networks (`10.0.0.0/8`) of proxies. Throws BAD_INPUT on what is neither. */
export function clientAddress(trusted: readonly string[]): ClientAddress {
  const proxies = trusted.map(networkOf)
  const isProxy = (address: Address): boolean =>
    proxies.some(([network, bits]) => network.kind() === address.kind() && address.match(network, bits))

  return (peer, forwardedFor) => {
    if (proxies.length === 0 && peer !== undefined && isIPv4(peer)) return peer
    let client = addressOf(peer)
    if (client === undefined) return 'unknown'
    const hops = [forwardedFor ?? []].flat().join(',').split(',')
    while (hops.length > 0 && isProxy(client)) {
      const before = addressOf(hops.pop()?.trim())
      if (before === undefined) break
      client = before
    }
    return client.toString()
  }
}

/** What a limit for each address counts by: an IPv4 address, or the network of an IPv6 one. */
export function household(address: string): string {
  if (isIPv4(address)) return address
  const parsed = addressOf(address)
  if (parsed === undefined || parsed.kind() === 'ipv4') return address
  const bytes = parsed.toByteArray().fill(0, HOUSEHOLD_BYTES)
  return `${ipaddr.fromByteArray(bytes).toString()}/64`
}

/** Whether it is an address or a network. */
export function isNetwork(text: string): boolean {
  return addressOf(text) !== undefined || isCidr(text)
}

function isCidr(text: string): boolean {
  return ipaddr.IPv4.isValidCIDRFourPartDecimal(text) || ipaddr.IPv6.isValidCIDR(text)
}

function addressOf(text: string | undefined): Address | undefined {
  if (text === undefined) return undefined
  return ipaddr.IPv4.isValidFourPartDecimal(text) || ipaddr.IPv6.isValid(text) ? ipaddr.process(text) : undefined
}

function networkOf(text: string): [Address, number] {
  const address = addressOf(text)
  if (address !== undefined) return [address, address.kind() === 'ipv4' ? 32 : 128]
  if (isCidr(text)) return ipaddr.parseCIDR(text)
  throw new JoineryError('BAD_INPUT', { what: 'trust-proxy', rule: 'addresses and networks, as 10.0.0.0/8' })
}
