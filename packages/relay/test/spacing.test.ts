import { virtualClock } from '@joinery/core/testing'
import { expect, test } from 'vitest'
import { createSpacing } from '../src/spacing.ts'

const DISTANCE = 12

/** `arrives`: what comes in a nap, by turns. */
function rig(arrives: number[] = []) {
  const clock = virtualClock()
  const counts = { turns: 0, naps: 0 }
  const spacing = createSpacing({
    clock,
    distanceMs: DISTANCE,
    turn: async () => void (counts.turns += 1),
    nap() {
      counts.naps += 1
      come(arrives.shift() ?? 0)
    },
  })
  const come = (edits: number): void => {
    for (let edit = 0; edit < edits; edit++) spacing.came()
  }
  const commit = (edits: number): void => {
    come(edits)
    spacing.gathered()
    spacing.settled()
  }
  /** Whether a commit that is due now waits, and until when. */
  const waiting = (): { isOver: boolean } => {
    const wait = { isOver: false }
    const apart = spacing.apart()
    if (apart === undefined) wait.isOver = true
    else void apart.then(() => (wait.isOver = true))
    return wait
  }
  /** As if edits had come so far apart, in ms, for long, a commit for each; the next commit is no probe. */
  const atPace = async (ms: number): Promise<void> => {
    for (let n = 0; n < 16 * 20; n++) {
      commit(1)
      await clock.advance(ms)
    }
    spacing.settled()
  }
  return { clock, spacing, commit, come, waiting, atPace, counts }
}

test('[S1] ten edits a second wait for nobody, however close to the commit before', async () => {
  const { commit, come, waiting, atPace } = rig()
  await atPace(100)
  commit(1)
  come(1)
  expect(waiting().isOver).toBe(true)
})

test('[S1] a hundred edits a second wait for nobody', async () => {
  const { commit, come, waiting, atPace } = rig()
  await atPace(10)
  commit(2)
  come(1)
  expect(waiting().isOver).toBe(true)
})

test('[S1] with a thousand edits a second, commits come to be the whole distance apart', async () => {
  const { clock, commit, come, waiting, atPace } = rig()
  await atPace(1)
  // As many as a probe found.
  commit(12)
  come(1)
  const wait = waiting()
  for (let ms = 0; ms < DISTANCE - 1; ms++) {
    expect(wait.isOver).toBe(false)
    await clock.advance(1)
    if (ms < DISTANCE - 2) come(1)
  }
  await clock.advance(1)
  expect(wait.isOver).toBe(true)
})

test('[R5] while other nodes tell of it too, commits are farther apart, by what it costs them, and never more than twice as far', async () => {
  const { clock, spacing, come, waiting, atPace } = rig()
  const waits = async (elsewhereMs: number): Promise<number> => {
    await atPace(1)
    // As many as a probe found.
    come(60)
    spacing.gathered()
    // A commit that was split: what one part costs is not forgotten over the next.
    spacing.settled(elsewhereMs)
    spacing.settled(0)
    come(1)
    const wait = waiting()
    let ms = 0
    while (!wait.isOver) {
      await clock.advance(1)
      ms += 1
      if (!wait.isOver) come(1)
    }
    return ms
  }
  expect([await waits(0), await waits(5), await waits(5_000)]).toEqual([DISTANCE, DISTANCE + 5, 2 * DISTANCE])
})

test('[S1] with fewer they are less apart', async () => {
  const { clock, commit, come, waiting, atPace } = rig()
  await atPace(2.5)
  commit(4)
  come(1)
  const wait = waiting()
  await clock.advance(3)
  come(1)
  await clock.advance(2)
  expect(wait.isOver).toBe(false)
  await clock.advance(3)
  expect(wait.isOver).toBe(true)
})

test('[S1] one of sixteen commits waits for more than the last ones held', async () => {
  const { clock, commit, come, waiting, atPace } = rig()
  await atPace(1)
  for (let n = 0; n < 15; n++) {
    come(1)
    expect(waiting().isOver).toBe(true)
    commit(0)
  }
  come(1)
  const probe = waiting()
  for (let ms = 0; ms < 6; ms++) {
    await clock.advance(1)
    expect(probe.isOver).toBe(false)
    come(1)
  }
  await clock.advance(DISTANCE)
  expect(probe.isOver).toBe(true)
  commit(0)
  come(6)
  const next = waiting()
  expect(next.isOver).toBe(false)
  come(1)
  await clock.advance(0)
  expect(next.isOver).toBe(true)
})

test('[S1] a crowd is waited for until as many have come as lately, and what was read with the last is taken as well', async () => {
  const { clock, commit, come, waiting, counts } = rig()
  commit(64)
  const wait = waiting()
  // Nothing came yet, so it is no heap.
  await clock.advance(0)
  const { turns } = counts
  come(63)
  await clock.advance(0)
  expect(wait.isOver).toBe(false)
  come(1)
  await clock.advance(0)
  expect(wait.isOver).toBe(true)
  expect(counts.turns).toBe(turns + 1)
})

test('[S1] a crowd that came while others were told is not waited for', async () => {
  const { commit, come, waiting } = rig()
  commit(64)
  come(64)
  expect(waiting().isOver).toBe(true)
})

test('[S1] a crowd of which nobody comes any more is not waited for', async () => {
  const { clock, commit, come, waiting } = rig()
  commit(64)
  come(20)
  const wait = waiting()
  await clock.advance(3)
  expect(wait.isOver).toBe(false)
  await clock.advance(1)
  expect(wait.isOver).toBe(true)
})

test('[S1] who comes late is no part of a crowd', async () => {
  const { clock, commit, come, waiting } = rig()
  commit(64)
  await clock.advance(4)
  come(1)
  expect(waiting().isOver).toBe(true)
})

test('[S1] what comes in a heap is read in naps, while they bring something', async () => {
  const { clock, commit, waiting, counts } = rig([200, 200, 200])
  commit(600)
  const wait = waiting()
  await clock.advance(0)
  expect(wait.isOver).toBe(true)
  expect(counts.naps).toBe(3)
})

test('[S1] nobody naps twice for nothing', async () => {
  const { clock, commit, waiting, counts } = rig([200])
  commit(600)
  const wait = waiting()
  await clock.advance(0)
  expect(wait.isOver).toBe(false)
  expect(counts.naps).toBe(2)
  await clock.advance(1)
  expect(wait.isOver).toBe(true)
  expect(counts.naps).toBe(2)
})

test('[S1] where thousands come in a second, a millisecond without any is long', async () => {
  const { clock, commit, come, waiting } = rig()
  commit(600)
  await clock.advance(1)
  come(1)
  expect(waiting().isOver).toBe(true)
})

test('[S1] what comes one after the other is not napped for', async () => {
  const { clock, commit, come, waiting, atPace, counts } = rig()
  await atPace(1)
  commit(12)
  come(1)
  const wait = waiting()
  await clock.advance(DISTANCE)
  expect(wait.isOver).toBe(true)
  expect(counts.naps).toBe(0)
})
