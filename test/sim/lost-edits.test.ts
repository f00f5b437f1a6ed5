// What the simulator takes for lost, and what it therefore does not look for in a backup.
import { entryDigest, type Random, type Store } from '@joinery/core'
import { memoryStore } from '@joinery/core/testing'
import { yjs } from '@joinery/adapters/engines/yjs'
import { expect, test } from 'vitest'
import type { Doc } from 'yjs'
import { backupWatcher } from './invariants.ts'
import { journal as newJournal, type Edit } from './journal.ts'
import { SPACE } from './library.ts'
import { lostEdits } from './lost-edits.ts'
import type { Loss } from './relays.ts'

/** With it, each check of backups looks. */
const RANDOM: Random = { number: () => 0.9, bytes: count => new Uint8Array(count) }
const DOCUMENT = 'paper-1'
const DEVICE = 'd1'

test('[I15] what the log went on without is not looked for, whenever its author heard of the ack', async () => {
  const { edit, loses, check } = history()
  loses(await logWith(edit), memoryStore())
  edit.acked = true
  edit.ackedAt = 60_000
  await check()
})

test('[I15] what the log never held is looked for, whatever else it lost', async () => {
  const { edit, loses, check } = history()
  loses(await logWith({ ...edit, token: 't2.' }), memoryStore())
  edit.acked = true
  await expect(check()).rejects.toThrow('I15')
})

test('[I15] what the log went on with is looked for', async () => {
  const { edit, loses, holds, check } = history()
  loses(await logWith(edit), await logWith(edit))
  holds(memoryStore())
  edit.acked = true
  await expect(check()).rejects.toThrow('I15')
})

test('[I15] what came back is looked for again', async () => {
  const { edit, loses, holds, check, journal } = history()
  loses(await logWith(edit), memoryStore())
  edit.acked = true
  await check()
  holds(await logWith(edit))
  await check()
  expect(journal.sometimes.get('relay lost commits and devices brought them back')).toBe(1)
  expect(journal.sometimes.has('brought back by another device than its author')).toBe(false)
  holds(memoryStore())
  await expect(check()).rejects.toThrow('I15')
})

test('[I15] what is lost once more is not looked for', async () => {
  const { edit, loses, check } = history()
  edit.acked = true
  loses(await logWith(edit), memoryStore())
  await check()
  loses(await logWith(edit), memoryStore())
  await check()
})

/** One edit, and a relay whose log is what the test says. */
function history() {
  const journal = newJournal(() => 0)
  const told = { saved: true, acked: false, ackedAt: 0, refused: false }
  const edit: Edit = { token: 't1.', device: DEVICE, life: 0, document: DOCUMENT, ...told, shownBy: new Set() }
  journal.edits.push(edit)
  const losses: Loss[] = []
  let now = memoryStore()
  const relays = { lost: () => losses, restored: () => losses.length, view: () => now }
  const lost = lostEdits(relays, () => [{ name: DEVICE, life: () => 0 }], journal, RANDOM)
  const backups = backupWatcher(relays, lost, journal, RANDOM)
  return {
    journal,
    edit,
    holds(log: Store): void {
      now = log
    },
    loses(before: Store, after: Store): void {
      losses.push({ before, after })
      now = after
    },
    async check(): Promise<void> {
      await lost.check()
      await backups.check()
    },
  }
}

/** A log with this edit in it. */
async function logWith({ document, device, token }: Edit): Promise<Store> {
  const doc = yjs.open('1')
  doc.change(() => (doc.raw as Doc).getText('body').insert(0, token))
  const entry = {
    type: 'update' as const,
    document,
    kind: 'paper',
    engine: yjs.name,
    at: 1_700_000_000_000,
    device,
    n: 1,
    subject: 'user0',
    basedOn: 0,
    bytes: doc.encode(),
    authors: [],
  }
  doc.close()
  const store = memoryStore()
  await store.commit([{ space: SPACE, entries: [{ ...entry, digest: entryDigest(entry) }] }])
  return store
}
