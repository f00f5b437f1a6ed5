// Hints inside one process.
import { setImmediate as settle } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { busLaws } from '@joinery/core/testing'
import { memoryBus, memoryHub } from '@joinery/adapters/bus/memory'

for (const law of busLaws)
  test(`[${law.rule}] ${law.title}`, () =>
    law.check(() => {
      const hub = memoryHub()
      return { node: async () => hub.bus(), settle: () => settle() }
    }))

test('one bus alone hears itself, and no other hub', async () => {
  const [bus, other] = [memoryBus(), memoryBus()]
  const heard: string[] = []
  bus.subscribe('t', () => heard.push('own'))
  other.subscribe('t', () => heard.push('other'))
  bus.publish('t', new Uint8Array([1]))
  await settle()
  expect(heard).toEqual(['own'])
})

test('a closed bus takes no subscribers', async () => {
  const hub = memoryHub()
  const [bus, other] = [hub.bus(), hub.bus()]
  await bus.close()
  const heard: Uint8Array[] = []
  bus.subscribe('t', payload => heard.push(payload))()
  bus.subscribe('t', payload => heard.push(payload))
  other.publish('t', new Uint8Array([1]))
  await settle()
  expect(heard).toEqual([])
})
