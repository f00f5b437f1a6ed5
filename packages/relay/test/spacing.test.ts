import { virtualClock } from '@joinery/core/testing'
import { expect, test } from 'vitest'
import { createSpacing } from '../src/spacing.ts'

function rig() {
  const clock = virtualClock()
  let turns = 0
  const spacing = createSpacing({ clock, distanceMs: 4, turn: async () => void (turns += 1) })
  const commit = (edits: number): void => {
    for (let edit = 0; edit < edits; edit++) spacing.came()
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
  return { clock, spacing, commit, waiting, turns: () => turns }
}

test('[S1] ten edits a second wait for nobody, however close to the commit before', async () => {
  const { clock, commit, waiting } = rig()
  for (let n = 0; n < 20; n++) {
    commit(1)
    expect(waiting().isOver).toBe(true)
    await clock.advance(100)
  }
})

test('[S1] with a thousand edits a second, commits are a distance apart', async () => {
  const { clock, commit, spacing, waiting } = rig()
  for (let n = 0; n < 100; n++) {
    commit(1)
    await clock.advance(1)
  }
  commit(1)
  spacing.came()
  const wait = waiting()
  await clock.advance(3)
  expect(wait.isOver).toBe(false)
  await clock.advance(1)
  expect(wait.isOver).toBe(true)
})

test('[S1] a crowd is waited for until as many have come as lately, and what was read with the last is taken as well', async () => {
  const { clock, commit, spacing, waiting, turns } = rig()
  commit(64)
  const wait = waiting()
  for (let edit = 0; edit < 63; edit++) spacing.came()
  await clock.advance(0)
  expect(wait.isOver).toBe(false)
  spacing.came()
  await clock.advance(0)
  expect(wait.isOver).toBe(true)
  expect(turns()).toBe(1)
})

test('[S1] a crowd that came while others were told is not waited for', async () => {
  const { commit, spacing, waiting } = rig()
  commit(64)
  for (let edit = 0; edit < 64; edit++) spacing.came()
  expect(waiting().isOver).toBe(true)
})

test('[S1] a crowd that came to be two halves, by turns, is one again', async () => {
  const { clock, commit, spacing, waiting } = rig()
  for (let n = 0; n < 15; n++) commit(32)
  spacing.came()
  const wait = waiting()
  for (let edit = 0; edit < 32; edit++) spacing.came()
  await clock.advance(3)
  expect(wait.isOver).toBe(false)
  for (let edit = 0; edit < 31; edit++) spacing.came()
  await clock.advance(1)
  expect(wait.isOver).toBe(true)
  commit(0)
  const next = waiting()
  for (let edit = 0; edit < 63; edit++) spacing.came()
  await clock.advance(0)
  expect(next.isOver).toBe(false)
  spacing.came()
  await clock.advance(0)
  expect(next.isOver).toBe(true)
})

test('[S1] a few are no crowd', async () => {
  const { clock, commit, spacing, waiting } = rig()
  commit(64)
  commit(8)
  const wait = waiting()
  for (let edit = 0; edit < 31; edit++) spacing.came()
  await clock.advance(3)
  expect(wait.isOver).toBe(false)
})
