// Time turned by hand: the laws of every clock, and those that make a history the same each time it is told.
import { setImmediate as macrotask } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { clockLaws, virtualClock } from '@joinery/core/testing'

describe('a virtual clock is a clock', () => {
  for (const law of clockLaws)
    test(`[${law.rule}] ${law.title}`, () =>
      law.check(() => {
        const clock = virtualClock()
        return { clock, pass: ms => clock.advance(ms) }
      }))
})

describe('so is the clock of one machine on it', () => {
  for (const law of clockLaws)
    test(`[${law.rule}] ${law.title}`, () =>
      law.check(() => {
        const time = virtualClock()
        return { clock: time.skewed(-600_000), pass: ms => time.advance(ms) }
      }))
})

describe('virtual time', () => {
  test('stands still until it is advanced, and then goes exactly as far', async () => {
    const clock = virtualClock({ start: 1_700_000_000_000 })
    await macrotask()
    expect([clock.now(), clock.monotonic()]).toEqual([1_700_000_000_000, 0])
    await clock.advance(1_500)
    expect([clock.now(), clock.monotonic()]).toEqual([1_700_000_001_500, 1_500])
  })

  test('timers run by time, then in the order they were set, each at its own moment', async () => {
    const clock = virtualClock()
    const ran: string[] = []
    const set = (name: string, ms: number) => clock.after(ms, () => ran.push(`${name} ${clock.monotonic()}`))
    set('c', 30)
    set('a', 10)
    set('b1', 20)
    set('b2', 20)
    set('later', 31)
    expect(clock.nextAt()).toBe(10)
    await clock.advance(30)
    expect(ran).toEqual(['a 10', 'b1 20', 'b2 20', 'c 30'])
    expect(clock.nextAt()).toBe(31)
  })

  test('what becomes due on the way runs on the way', async () => {
    const clock = virtualClock()
    const at: number[] = []
    const tick = () => {
      at.push(clock.monotonic())
      clock.after(10, tick)
    }
    clock.after(10, tick)
    await clock.advance(35)
    expect(at).toEqual([10, 20, 30])
  })

  test('promises that a timer set off are done before the next timer runs', async () => {
    const clock = virtualClock()
    const ran: string[] = []
    clock.after(1, () => {
      void (async () => {
        for (let i = 0; i < 20; i++) await Promise.resolve()
        ran.push('promise of the first')
      })()
    })
    clock.after(1, () => ran.push('second'))
    await clock.advance(1)
    expect(ran).toEqual(['promise of the first', 'second'])
  })

  test('with a settle of its own also what needs a macrotask is', async () => {
    const run = async (settle: (() => Promise<void>) | undefined) => {
      const clock = virtualClock(settle ? { settle } : {})
      const ran: string[] = []
      clock.after(1, () => void macrotask().then(() => ran.push('macrotask of the first')))
      clock.after(1, () => ran.push('second'))
      await clock.advance(1)
      await macrotask()
      return ran
    }
    expect(await run(undefined)).toEqual(['second', 'macrotask of the first'])
    expect(await run(() => macrotask())).toEqual(['macrotask of the first', 'second'])
  })

  test('an error of a timer comes out of `advance`, and the clock can go on', async () => {
    const clock = virtualClock()
    const ran: string[] = []
    clock.after(1, () => {
      throw new Error('broken timer')
    })
    clock.after(2, () => ran.push('next'))
    await expect(clock.advance(5)).rejects.toThrow('broken timer')
    await clock.advance(5)
    expect(ran).toEqual(['next'])
  })

  test('is advanced by one at a time', async () => {
    const clock = virtualClock()
    const first = clock.advance(1)
    await expect(clock.advance(1)).rejects.toThrow('being advanced already')
    await first
    expect(clock.monotonic()).toBe(1)
  })

  test('[I16] timers that set each other off without time passing are an error, not a hang', async () => {
    const clock = virtualClock({ settle: async () => {} })
    const again = () => void clock.after(0, again)
    clock.after(5, again)
    await expect(clock.advance(10)).rejects.toThrow('timers at 5 ms set each other off without end')
  })
})

describe('the clock of one machine', () => {
  test('[WS-18] its wall clock is wrong and jumps; monotonic time and timers do not notice', async () => {
    const time = virtualClock()
    const phone = time.skewed(3_600_000)
    const rang: number[] = []
    phone.after(1_000, () => rang.push(phone.monotonic()))
    expect(phone.now() - time.now()).toBe(3_600_000)
    phone.jump(-7_200_000)
    expect(phone.now() - time.now()).toBe(-3_600_000)
    await time.advance(1_000)
    expect(rang).toEqual([1_000])
    expect(phone.monotonic()).toBe(1_000)
  })

  test('while it sleeps none of its timers runs; when it wakes those that fell due do, in order', async () => {
    const time = virtualClock()
    const phone = time.skewed(0)
    const ran: string[] = []
    phone.after(20, () => ran.push(`b ${phone.monotonic()}`))
    phone.after(10, () => ran.push(`a ${phone.monotonic()}`))
    const cancel = phone.after(15, () => ran.push('cancelled'))
    phone.after(5_000, () => ran.push(`after waking ${phone.monotonic()}`))
    time.after(20, () => ran.push('another machine 20'))
    phone.sleep(3_000)
    phone.sleep(5)
    await time.advance(100)
    cancel()
    phone.after(1, () => ran.push(`c ${phone.monotonic()}`))
    await time.advance(10_000)
    expect(ran).toEqual(['another machine 20', 'a 3000', 'b 3000', 'c 3000', 'after waking 5000'])
  })

  test('when it stops nothing of it runs any more', async () => {
    const time = virtualClock()
    const [phone, laptop] = [time.skewed(0), time.skewed(0)]
    const ran: string[] = []
    phone.after(1, () => ran.push('phone'))
    laptop.after(1, () => ran.push('laptop'))
    phone.stop()
    phone.after(2, () => ran.push('phone again'))
    await time.advance(10)
    expect(ran).toEqual(['laptop'])
  })
})
