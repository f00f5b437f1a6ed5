import { describe, expect, test } from 'vitest'
import { clientAddress, household } from '../../src/http/client-address.ts'

describe('[WS-14] the address of a client', () => {
  test('is the peer’s, whatever a header says, while no proxy is trusted', () => {
    const addressOf = clientAddress([])
    expect(addressOf('203.0.113.9', '198.51.100.1')).toBe('203.0.113.9')
    expect(addressOf('203.0.113.9', undefined)).toBe('203.0.113.9')
    expect(addressOf('::ffff:203.0.113.9', '127.0.0.1')).toBe('203.0.113.9')
    expect(addressOf(undefined, '127.0.0.1')).toBe('unknown')
  })

  test('is what a trusted proxy saw: the last that no such proxy has, and not what the client made up before it', () => {
    const addressOf = clientAddress(['10.0.0.0/8', '2001:db8::/32', '192.0.2.7'])
    expect(addressOf('10.1.2.3', '198.51.100.1')).toBe('198.51.100.1')
    expect(addressOf('10.1.2.3', '127.0.0.1, 198.51.100.1')).toBe('198.51.100.1')
    expect(addressOf('::ffff:10.1.2.3', '127.0.0.1, 198.51.100.1,192.0.2.7 , 2001:db8::5')).toBe('198.51.100.1')
    expect(addressOf('192.0.2.7', ['198.51.100.9', '2001:DB9:0::1'])).toBe('2001:db9::1')
    // All of them ours: the outermost.
    expect(addressOf('10.1.2.3', '10.0.0.1, 10.0.0.2')).toBe('10.0.0.1')
  })

  test('is the last one that can be read: what is no address ends the search', () => {
    const addressOf = clientAddress(['10.0.0.0/8'])
    for (const header of ['', ' ', 'unknown', '198.51.100.1, <script>', '198.51.100.1,,', '198.51.100.300', '7']) {
      expect(addressOf('10.1.2.3', header), header).toBe('10.1.2.3')
    }
    expect(addressOf('10.1.2.3', 'nonsense, 10.9.9.9')).toBe('10.9.9.9')
  })

  test('of peers who are not trusted counts as it is, also when it looks like a network of ours', () => {
    const addressOf = clientAddress(['10.0.0.0/8'])
    expect(addressOf('11.0.0.1', '10.0.0.1')).toBe('11.0.0.1')
    expect(addressOf('2001:db8::1', '10.0.0.1')).toBe('2001:db8::1')
  })
})

test('[WS-14] what is neither an address nor a network does not start', () => {
  for (const bad of ['', 'proxy.internal', '10.0.0.0/33', '10.0.0/8', 'all', '*']) {
    expect(() => clientAddress([bad]), bad).toThrow()
  }
})

test('[WS-13] a limit counts an IPv4 address, and of IPv6 the network that one household has', () => {
  expect(household('203.0.113.9')).toBe('203.0.113.9')
  expect(household('2001:db8:1:2:3:4:5:6')).toBe('2001:db8:1:2::/64')
  expect(household('2001:db8:1:2::9')).toBe(household('2001:db8:1:2:ffff::'))
  expect(household('2001:db8:1:3::9')).not.toBe(household('2001:db8:1:2::9'))
  expect(household('unknown')).toBe('unknown')
})
