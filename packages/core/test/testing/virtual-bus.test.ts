// The bus on virtual time keeps the port's laws, however badly it passes on.
import { expect, test } from 'vitest'
import { busLaws } from '../../src/testing/bus-laws.ts'
import { seededRandom } from '../../src/testing/seeded-random.ts'
import { virtualBus, type VirtualBusOptions } from '../../src/testing/virtual-bus.ts'
import { virtualClock } from '../../src/testing/virtual-clock.ts'

const random = seededRandom(1)
const ms = (): number => Math.floor(random.number() * 500)
const ways: Readonly<Record<string, VirtualBusOptions>> = {
  prompt: {},
  bad: { arrivals: () => Array.from({ length: Math.floor(random.number() * 4) }, ms) },
}

for (const [name, options] of Object.entries(ways)) {
  for (const law of busLaws) {
    test(`[${law.rule}] ${law.title} (${name})`, () =>
      law.check(() => {
        const clock = virtualClock()
        const bus = virtualBus(options)
        return { node: async () => bus.node(clock), settle: () => clock.advance(1_000) }
      }))
  }
}

for (const silently of [false, true]) {
  test(`[R5] what is published while it is away is lost, what comes after is not (told: ${!silently})`, async () => {
    const clock = virtualClock()
    const bus = virtualBus()
    const [a, b] = [bus.node(clock), bus.node(clock)]
    const heard: (number | string)[] = []
    b.subscribe(
      't',
      ([first = 0]) => heard.push(first),
      () => heard.push('missed'),
    )
    bus.pass(false)
    expect(a.isUp()).toBe(false)
    a.publish('t', Uint8Array.of(1))
    bus.pass(true, silently)
    a.publish('t', Uint8Array.of(2))
    await clock.advance(10)
    expect(heard).toEqual(silently ? [2] : ['missed', 2])
  })
}
