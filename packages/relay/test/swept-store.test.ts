/** When garbage is swept behind what is read. */
import { memoryStore } from '@joinery/core/testing'
import { expect, test } from 'vitest'
import { sweptStore } from '../src/swept-store.ts'
import type { Entry, LogPage, Store } from '@joinery/core'

const MiB = 1_048_576

/** A store whose every read is of so many bytes. */
function reading(bytes: number): Store {
  const entries = [{ bytes: new Uint8Array(bytes) }] as unknown as Entry[]
  return {
    ...memoryStore(),
    body: async () => entries,
    read: async () => ({ entries }) as unknown as LogPage,
  }
}

function swept(store: Store): { readonly store: Store; readonly sweeps: () => number; pass(): Promise<void> } {
  let sweeps = 0
  let waiting: (() => void)[] = []
  const turn = (): Promise<void> => new Promise(resolve => waiting.push(resolve))
  return {
    store: sweptStore(store, { turn, sweep: () => void (sweeps += 1) }),
    sweeps: () => sweeps,
    async pass() {
      const due = waiting
      waiting = []
      for (const resolve of due) resolve()
      await Promise.resolve()
    },
  }
}

test('every four megabytes of bodies are swept once, after the turn in which the last of them came', async () => {
  const { store, sweeps, pass } = swept(reading(MiB))
  for (let at = 0; at < 3; at++) await store.body('garden', 'd')
  await pass()
  expect(sweeps()).toBe(0)
  for (let at = 0; at < 3; at++) await store.body('garden', 'd')
  expect(sweeps()).toBe(0)
  await pass()
  expect(sweeps()).toBe(1)
  for (let at = 0; at < 3; at++) await store.body('garden', 'd')
  await pass()
  expect(sweeps()).toBe(1)
  await store.body('garden', 'd')
  await pass()
  expect(sweeps()).toBe(2)
})

test('pages of the log count like bodies, and what is read is handed on', async () => {
  const { store, sweeps, pass } = swept(reading(2 * MiB))
  expect((await store.read('garden', 0, 1)).entries[0]?.bytes.length).toBe(2 * MiB)
  expect((await store.body('garden', 'd'))[0]?.bytes.length).toBe(2 * MiB)
  await pass()
  expect(sweeps()).toBe(1)
})
