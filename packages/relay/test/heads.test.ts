/** What the gate judges against, where other nodes write too. */
import type { AuthorHead, CommitEntry, DocumentHead } from '@joinery/core'
import { expect, test } from 'vitest'
import { createHeads } from '../src/heads.ts'

test('[T5] authors are never older than the head that they are judged with, whatever another node commits between the two', async () => {
  let seq = 1
  const store = {
    document: async () => {
      const head = { document: 'd', seq } as DocumentHead
      await Promise.resolve()
      // Another node commits, between what is asked first and what is asked then.
      seq += 1
      return head
    },
    authors: async () => [{ author: '7', clock: seq, owner: 'phone' }],
  }
  const { head, authors } = await createHeads(store, 100).load('garden', 'd')
  expect(authors.get('7')?.clock).toBeGreaterThan(head?.seq ?? 0)
})

test('[T5] of a document that another node moved only what is new is read, and of one that it purged nothing is kept', async () => {
  const asked: (number | undefined)[] = []
  let head = { document: 'd', seq: 1, state: 'live' } as DocumentHead
  let authors = [{ author: '7', clock: 1, owner: 'phone' }]
  const heads = createHeads(
    {
      document: async () => head,
      async authors(_space, _document, after) {
        asked.push(after)
        return authors
      },
    },
    100,
  )
  await heads.load('garden', 'd')
  head = { ...head, seq: 2 }
  authors = [{ author: '8', clock: 2, owner: 'tablet' }]
  heads.moved('garden', 'd')
  const read = await Promise.all([heads.load('garden', 'd'), heads.load('garden', 'd')])
  for (const { head: now, authors: known } of read) {
    expect(now?.seq).toBe(2)
    expect([...known.keys()]).toEqual(['7', '8'])
  }
  // Once for both who asked.
  expect(asked).toEqual([undefined, 1])

  head = { ...head, seq: 3, state: 'gone' }
  authors = []
  heads.moved('garden', 'd')
  expect((await heads.load('garden', 'd')).authors.size).toBe(0)
})

function written(author: string, clock: number): CommitEntry {
  const authors = [{ author, clock, owner: 'phone' }]
  return { document: 'd', kind: 'raw', engine: 'yjs', type: 'update', bytes: new Uint8Array(3), authors } as Partial<CommitEntry> as CommitEntry // prettier-ignore
}

/** A store of one document, whose reads of authors are held back once they have begun. */
function slowStore(): {
  readonly heads: ReturnType<typeof createHeads>
  commit(author: string, clock: number): void
  readonly releases: (() => void)[]
} {
  let seq = 1
  const authors = new Map<string, AuthorHead>([['7', { author: '7', clock: 1, owner: 'phone' }]])
  const releases: (() => void)[] = []
  const heads = createHeads(
    {
      document: async () => ({ document: 'd', seq, state: 'live', bytes: seq * 3 }) as DocumentHead,
      async authors() {
        const found = [...authors.values()]
        await new Promise<void>(resolve => releases.push(resolve))
        return found
      },
    },
    100,
  )
  return {
    heads,
    releases,
    commit(author, clock) {
      const entry = written(author, clock)
      for (const one of entry.authors) authors.set(author, one)
      const before = seq
      seq += 1
      heads.committed('garden', entry, seq, before)
    },
  }
}

/** What waits for nothing but its turn has had it. */
const rest = (): Promise<void> => new Promise(resolve => setImmediate(resolve))

test('[T5] what is committed while a document is read is not missing from what is kept of it', async () => {
  const { heads, commit, releases } = slowStore()
  const begun = heads.load('garden', 'd')
  await rest()
  commit('7', 2)
  releases.shift()?.()
  await begun
  // Of another author: it says where the document is now, and nothing of what the first one wrote.
  commit('8', 1)
  const loading = heads.load('garden', 'd')
  await rest()
  for (const release of releases.splice(0)) release()
  const { head, authors } = await loading
  expect([head?.seq, authors.get('7')?.clock, authors.get('8')?.clock]).toEqual([3, 2, 1])
})

test('[T5] who asks for a document that moved since it began to be read waits for what is new', async () => {
  const { heads, commit, releases } = slowStore()
  const begun = heads.load('garden', 'd')
  await rest()
  commit('7', 2)
  const asked = heads.load('garden', 'd')
  for (let i = 0; i < 3; i++) {
    releases.shift()?.()
    await rest()
  }
  await begun
  const { head, authors } = await asked
  expect([head?.seq, authors.get('7')?.clock]).toEqual([2, 2])
})

test('[T5] a document that was folded goes on from what was known of it, and only its size is read', async () => {
  const asked: (number | undefined)[] = []
  const head = { document: 'd', seq: 5, state: 'live', bytes: 900 } as DocumentHead
  const now = { ...head, bytes: 30 }
  let isFolded = false
  const heads = createHeads(
    {
      document: async () => (isFolded ? now : head),
      async authors(_space, _document, after) {
        asked.push(after)
        return after === undefined ? [{ author: '7', clock: 5, owner: 'phone' }] : []
      },
    },
    100,
  )
  await heads.load('garden', 'd')
  isFolded = true
  heads.moved('garden', 'd')
  heads.committed('garden', written('7', 6), 6, 5)
  Object.assign(now, { seq: 6 })
  const held = await heads.load('garden', 'd')
  expect([held.head?.bytes, held.authors.get('7')?.clock]).toEqual([30, 6])
  expect(asked).toEqual([undefined, 6])
})
