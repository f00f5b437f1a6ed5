/** What the gate judges against, where documents are committed and folded while they are read. */
import type { AuthorHead, CommitEntry, DocumentHead } from '@joinery/core'
import { expect, test } from 'vitest'
import { createHeads } from '../src/heads.ts'

function written(author: string, clock: number): CommitEntry {
  const authors = [{ author, clock, owner: 'phone' }]
  return { document: 'd', kind: 'raw', engine: 'yjs', type: 'update', bytes: new Uint8Array(3), authors } as Partial<CommitEntry> as CommitEntry // prettier-ignore
}

interface SlowStore {
  readonly heads: ReturnType<typeof createHeads>
  /** What is read of it begins with this, for authors behind it. */
  readonly asked: (number | undefined)[]
  /** Makes an entry durable, and gives what tells of it. */
  write(author: string, clock: number): () => void
  /** Lets what was asked for go, until nothing is asked for any more. */
  release(): Promise<void>
}

/** A store of one document, whose reads of authors are held back once they have begun, and where `isHeadSlow` those of its head, too. */
function slowStore(isHeadSlow = (): boolean => false, seq = 1): SlowStore {
  const authors = new Map<string, AuthorHead>([['7', { author: '7', clock: 1, owner: 'phone' }]])
  const asked: (number | undefined)[] = []
  const held: (() => void)[] = []
  const hold = (): Promise<void> => new Promise(resolve => held.push(resolve))
  const heads = createHeads(
    {
      async document() {
        const found = seq > 0 ? ({ document: 'd', seq, state: 'live', bytes: seq * 10 } as DocumentHead) : undefined
        if (isHeadSlow()) await hold()
        return found
      },
      async authors(_space, _document, after) {
        asked.push(after)
        const found = [...authors.values()]
        await hold()
        return found
      },
    },
    100,
  )
  return {
    heads,
    asked,
    write(author, clock) {
      const entry = written(author, clock)
      for (const one of entry.authors) authors.set(author, one)
      const before = seq
      seq += 1
      const at = seq
      return () => heads.committed('garden', entry, at, before)
    },
    async release() {
      await rest()
      while (held.length > 0) {
        for (const go of held.splice(0)) go()
        await rest()
      }
    },
  }
}

/** What waits for nothing but its turn has had it. */
const rest = (): Promise<void> => new Promise(resolve => setImmediate(resolve))

test('[T5] what is committed while a document is read is not missing from what is kept of it', async () => {
  const { heads, write, release } = slowStore()
  const begun = heads.load('garden', 'd')
  await rest()
  write('7', 2)()
  await release()
  await begun
  // Of another author: it says where the document is now, and nothing of what the first one wrote.
  write('8', 1)()
  const loading = heads.load('garden', 'd')
  await release()
  const { head, authors } = await loading
  expect([head?.seq, authors.get('7')?.clock, authors.get('8')?.clock]).toEqual([3, 2, 1])
})

test('[T5] who asks for a document that moved since it began to be read waits for what is new', async () => {
  const { heads, write, release } = slowStore()
  const begun = heads.load('garden', 'd')
  await rest()
  write('7', 2)()
  const asked = heads.load('garden', 'd')
  await release()
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

test('[T5] what was durable before it was read is not counted twice when its commit is told', async () => {
  const { heads, write, release } = slowStore()
  const told = write('7', 2)
  const begun = heads.load('garden', 'd')
  await release()
  await begun
  told()
  const loading = heads.load('garden', 'd')
  await release()
  expect((await loading).head).toMatchObject({ seq: 2, bytes: 20 })
})

test('[T5] a document that moves while it is read on, or is forgotten while it is read, is read again', async () => {
  const { heads, write, release, asked } = slowStore()
  const begun = heads.load('garden', 'd')
  await rest()
  heads.forget('garden', 'd')
  await release()
  await begun
  const again = heads.load('garden', 'd')
  await release()
  await again
  expect(asked).toEqual([undefined, 1])

  heads.moved('garden', 'd')
  const on = heads.load('garden', 'd')
  await rest()
  // By another node.
  write('7', 2)
  heads.moved('garden', 'd')
  await release()
  await on
  const now = heads.load('garden', 'd')
  await release()
  expect((await now).head?.seq).toBe(2)
  expect(asked).toEqual([undefined, 1, 1, 1])
})

test('[T5] a commit that comes between what is read of a document makes nobody read all of it', async () => {
  let isHeadSlow = false
  const { heads, write, release, asked } = slowStore(() => isHeadSlow)
  const begun = heads.load('garden', 'd')
  await release()
  await begun
  heads.moved('garden', 'd')
  isHeadSlow = true
  const on = heads.load('garden', 'd')
  await rest()
  write('7', 2)()
  await release()
  expect((await on).head?.seq).toBe(2)
  const now = heads.load('garden', 'd')
  await release()
  expect((await now).head).toMatchObject({ seq: 2, bytes: 20 })
  expect(asked).toEqual([undefined, 1, 2])
})

test('[T5] the first commit of a document is not forgotten by who read before it that there is none', async () => {
  const { heads, write, release } = slowStore(undefined, 0)
  const begun = heads.load('garden', 'd')
  await release()
  await begun
  heads.moved('garden', 'd')
  const again = heads.load('garden', 'd')
  await rest()
  write('7', 1)()
  await release()
  await again
  const now = heads.load('garden', 'd')
  await release()
  expect((await now).head?.seq).toBe(1)
})

test('[T5] nothing is refused for good by a size from before a fold', async () => {
  const { heads } = slowStore()
  const judged = { basedOn: 1, quarantined: undefined }
  expect(await heads.isBehind('garden', 'd', { ...judged, bytes: 900 })).toBe(true)
  expect(await heads.isBehind('garden', 'd', { ...judged, bytes: 10 })).toBe(false)
})
