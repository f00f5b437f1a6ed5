/** The laws of the Bus port. A bus may lose hints, so what must arrive is published again until it does. */
import { BUS_PAYLOAD_BYTES, type Bus } from '../ports/bus.ts'
import type { Law } from './law.ts'
import { must, same } from './must.ts'

/** Nodes on one bus, and how its time is made to pass. */
export interface BusSubject {
  /** One more node's bus, which hears the others. */
  node(): Promise<Bus>
  /** Resolves when what was published by now has arrived, if it ever will. */
  settle(): Promise<void>
}

const ATTEMPTS = 50

/** For each bus: `make` gives a bus that no other check shares. */
export const busLaws: readonly Law<() => BusSubject>[] = [
  {
    rule: 'R5',
    title: 'a hint that is published again and again arrives at every subscriber of its topic',
    async check(make) {
      const subject = make()
      const [a, b, c] = [await subject.node(), await subject.node(), await subject.node()]
      const heard = [record(b, 'space'), record(b, 'space'), record(c, 'space')]
      await publishUntil(subject, a, 'space', bytes(1, 2), () => heard.every(list => list.length > 0))
      for (const list of heard) same(list[0], bytes(1, 2), 'the hint')
    },
  },
  {
    rule: 'R5',
    title: 'a topic hears its own hints and no others',
    async check(make) {
      const subject = make()
      const [a, b] = [await subject.node(), await subject.node()]
      const right = record(b, 'space:1')
      const wrong = ['space:2', 'space', '', 'SPACE:1', '__proto__'].map(topic => record(b, topic))
      await publishUntil(subject, a, 'space:1', bytes(7), () => right.length > 0)
      same(wrong.flat(), [], 'hints of other topics')
    },
  },
  {
    rule: 'R5',
    title: 'a hint arrives a few times at most',
    async check(make) {
      const subject = make()
      const [a, b] = [await subject.node(), await subject.node()]
      const heard = record(b, 't')
      for (let n = 0; n < 100; n++) a.publish('t', bytes(n))
      await subject.settle()
      for (let n = 0; n < 100; n++) {
        const times = heard.filter(payload => payload[0] === n).length
        must(times <= 3, `hint ${n} arrived ${times} times`)
      }
    },
  },
  {
    rule: 'R5',
    title: '`publish` calls nobody itself and throws nothing',
    async check(make) {
      const subject = make()
      const [a, b] = [await subject.node(), await subject.node()]
      const heard = [record(a, 't'), record(b, 't')]
      a.publish('t', bytes(1))
      same(heard.flat(), [], 'hints heard inside the call')
      a.publish('nobody', bytes(1))
      a.publish('t', new Uint8Array())
      await subject.settle()
    },
  },
  {
    rule: 'MN-02',
    title:
      'a payload as large as the bus says, of 7,000 bytes or more, arrives; a larger one is dropped and throws nothing',
    async check(make) {
      const subject = make()
      const [a, b] = [await subject.node(), await subject.node()]
      const heard = record(b, 't')
      must(a.payloadBytes >= BUS_PAYLOAD_BYTES, 'the bus has no room for 7,000 bytes')
      const largest = new Uint8Array(a.payloadBytes).fill(255)
      a.publish('t', new Uint8Array(a.payloadBytes + 1))
      a.publish('t', new Uint8Array(1_000_000))
      await publishUntil(subject, a, 't', largest, () => heard.length > 0)
      must(
        heard.every(payload => payload.length === a.payloadBytes),
        'a payload over the limit arrived',
      )
      same(heard[0], largest, 'the largest payload')
    },
  },
  {
    rule: 'R5',
    title: 'payloads are unshared: neither the publisher nor another subscriber can change what arrived',
    async check(make) {
      const subject = make()
      const [a, b] = [await subject.node(), await subject.node()]
      const heard: Uint8Array[] = []
      for (let i = 0; i < 2; i++) {
        b.subscribe('t', payload => {
          heard.push(payload.slice())
          payload.fill(0)
        })
      }
      for (let attempt = 0; attempt < ATTEMPTS && heard.length < 2; attempt++) {
        const payload = bytes(1, 2)
        a.publish('t', payload)
        payload.fill(9)
        await subject.settle()
      }
      must(heard.length >= 2, 'the hint did not arrive twice')
      for (const payload of heard) same(payload, bytes(1, 2), 'what arrived')
    },
  },
  {
    rule: 'R5',
    title: 'after `unsubscribe` the listener is not called again, others of the same function and topic are',
    async check(make) {
      const subject = make()
      const [a, b] = [await subject.node(), await subject.node()]
      const calls: string[] = []
      const listener = (): void => void calls.push('same')
      const leave = b.subscribe('t', listener)
      b.subscribe('t', listener)
      const gone: Uint8Array[] = []
      const stop = b.subscribe('t', payload => gone.push(payload))
      a.publish('t', bytes(1))
      // Also what is on its way already.
      stop()
      leave()
      leave()
      calls.length = 0
      await publishUntil(subject, a, 't', bytes(2), () => calls.length > 0)
      same(gone, [], 'hints heard after leaving')
    },
  },
  {
    rule: 'R5',
    title: 'after `close` nothing is heard and nothing published, and the others go on',
    async check(make) {
      const subject = make()
      const [a, b, c] = [await subject.node(), await subject.node(), await subject.node()]
      const [heardB, heardC] = [record(b, 't'), record(c, 't')]
      a.publish('t', bytes(1))
      await b.close()
      heardB.length = 0
      b.publish('t', bytes(66))
      await publishUntil(subject, a, 't', bytes(2), () => heardC.length > 1)
      await b.close()
      same(heardB, [], 'hints heard after close')
      must(
        heardC.every(payload => payload[0] !== 66),
        'a closed bus published',
      )
    },
  },
]

const bytes = (...values: number[]): Uint8Array => Uint8Array.from(values)

function record(bus: Bus, topic: string): Uint8Array[] {
  const heard: Uint8Array[] = []
  bus.subscribe(topic, payload => heard.push(payload))
  return heard
}

async function publishUntil(
  subject: BusSubject,
  bus: Bus,
  topic: string,
  payload: Uint8Array,
  arrived: () => boolean,
): Promise<void> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    bus.publish(topic, payload)
    await subject.settle()
    if (arrived()) return
  }
  throw new Error(`published ${ATTEMPTS} times, and not everybody heard it`)
}
