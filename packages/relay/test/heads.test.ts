/** What the gate judges against, where other nodes write too. */
import type { DocumentHead } from '@joinery/core'
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
