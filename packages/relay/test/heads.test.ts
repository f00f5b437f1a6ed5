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
