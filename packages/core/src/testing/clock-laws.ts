/** The laws of the Clock port. */
import type { Clock } from '../ports/clock.ts'
import type { Law } from './law.ts'
import { must, same } from './must.ts'

/** A clock under test, and how its time is made to pass. */
export interface ClockSubject {
  readonly clock: Clock
  /** Resolves when at least `ms` have passed on the clock and everything due has run. */
  pass(ms: number): Promise<void>
}

const YEAR_2001 = 978_307_200_000
const YEAR_2100 = 4_102_444_800_000

/** For each clock: `for (const law of clockLaws) test(law.title, () => law.check(() => subject))`. */
export const clockLaws: readonly Law<() => ClockSubject>[] = [
  {
    rule: 'CLOCK',
    title: '`now` is milliseconds since 1970, and goes on',
    async check(make) {
      const { clock, pass } = make()
      const before = clock.now()
      must(before > YEAR_2001 && before < YEAR_2100, `${before} is not a moment of this century in ms`)
      await pass(20)
      must(clock.now() > before, 'after 20 ms `now` is what it was')
    },
  },
  {
    rule: 'CLOCK',
    title: '`monotonic` never goes back, and goes on',
    async check(make) {
      const { clock, pass } = make()
      const first = clock.monotonic()
      let last = first
      for (let round = 0; round < 10; round++) {
        for (let look = 0; look < 100; look++) {
          const read = clock.monotonic()
          must(read >= last, `${read} came after ${last}`)
          last = read
        }
        await pass(1)
      }
      must(last > first, 'after 10 ms `monotonic` is what it was')
    },
  },
  {
    rule: 'CLOCK',
    title: '`after` runs once, and not before its time',
    async check(make) {
      const { clock, pass } = make()
      const early: string[] = []
      const runs = new Map<number, number>()
      for (const ms of [0, 0.4, 1, 5, 12.5, 30]) {
        const start = clock.monotonic()
        clock.after(ms, () => {
          const waited = clock.monotonic() - start
          if (waited < ms) early.push(`${ms} ms took ${waited} ms`)
          runs.set(ms, (runs.get(ms) ?? 0) + 1)
        })
      }
      await pass(100)
      same(early, [], 'timers that ran early')
      same([...runs.values()], [1, 1, 1, 1, 1, 1], 'runs of each timer')
    },
  },
  {
    rule: 'CLOCK',
    title: '`after` never runs inside the call, whatever the wait',
    async check(make) {
      const { clock, pass } = make()
      const waits = [0, -1, -1_000, Number.NaN, -Infinity]
      let inside = true
      const ran: boolean[] = []
      for (const ms of waits) clock.after(ms, () => ran.push(inside))
      inside = false
      await pass(20)
      same(
        ran,
        waits.map(() => false),
        'whether each ran inside the call',
      )
    },
  },
  {
    rule: 'CLOCK',
    title: 'a timer may set another, and it too runs after the call',
    async check(make) {
      const { clock, pass } = make()
      const order: string[] = []
      clock.after(1, () => {
        clock.after(0, () => order.push('inner'))
        order.push('outer')
      })
      await pass(30)
      same(order, ['outer', 'inner'], 'order')
    },
  },
  {
    rule: 'CLOCK',
    title: 'a cancelled timer never runs, and cancelling again is nothing',
    async check(make) {
      const { clock, pass } = make()
      const ran: string[] = []
      const cancel = clock.after(5, () => ran.push('cancelled'))
      clock.after(5, () => ran.push('kept'))
      cancel()
      cancel()
      await pass(30)
      cancel()
      same(ran, ['kept'], 'timers that ran')
    },
  },
  {
    rule: 'CLOCK',
    title: 'cancelling what has run cancels nothing else',
    async check(make) {
      const { clock, pass } = make()
      const ran: string[] = []
      const cancel = clock.after(0, () => ran.push('first'))
      await pass(10)
      clock.after(1, () => ran.push('second'))
      cancel()
      await pass(20)
      same(ran, ['first', 'second'], 'timers that ran')
    },
  },
  {
    rule: 'CLOCK',
    title: 'a timer that is due can still be cancelled by the one before it',
    async check(make) {
      const { clock, pass } = make()
      const ran: string[] = []
      clock.after(5, () => {
        ran.push('first')
        cancel()
      })
      const cancel = clock.after(5, () => ran.push('second'))
      await pass(30)
      same(ran, ['first'], 'timers that ran')
    },
  },
  {
    rule: 'CLOCK',
    title: 'a wait of more than 2^31 ms is no short one',
    async check(make) {
      const { clock, pass } = make()
      const ran: number[] = []
      const waits = [2 ** 31, 2 ** 32 + 1, Number.MAX_SAFE_INTEGER, Infinity]
      const cancels = waits.map(ms => clock.after(ms, () => ran.push(ms)))
      await pass(50)
      for (const cancel of cancels) cancel()
      same(ran, [], 'waits that ended')
    },
  },
]
