// Who waits until a reader, or a tail, has come to a place in the log.
import { entryDigest, type Store } from '@joinery/core'
import { decodeMessage } from '@joinery/core/protocol'
import { memoryStore, virtualClock } from '@joinery/core/testing'
import { expect, test } from 'vitest'
import { subscribe } from '../src/pump.ts'
import { createTail } from '../src/tail.ts'
import { type, update, writer } from './rig.ts'

/** A log whose readings wait, and how far it was told. */
interface Log {
  write(n: number): Promise<void>
  /** Lets readings that have begun see what they saw. */
  go(): void
  rest(): Promise<void>
  reached(seq: number): Promise<void>
  readonly told: number[]
  readonly known: { seq: number }
}

async function logOf(kind: 'reader' | 'tail'): Promise<Log> {
  const store = memoryStore()
  const clock = virtualClock()
  const { edit } = writer(1)
  const write = async (n: number): Promise<void> => {
    const { resupply: _, ...entry } = update(n, `d${n}`, edit(type('x')))
    const named = { ...entry, device: 'phone', subject: 'ann', basedOn: 0, authors: [], digest: entryDigest(entry) }
    await store.commit([{ space: 'garden', entries: [named] }])
  }
  await write(1)
  const going: (() => void)[] = []
  const read: Store['read'] = async (...asked) => {
    const page = await store.read(...asked)
    await new Promise<void>(resolve => going.push(resolve))
    return page
  }
  const told: number[] = []
  const known = { seq: 0 }
  const options = {
    store: { ...store, read },
    clock,
    limits: { pageBytes: 10_000 },
    log: { info: () => {}, warn: () => {}, error: () => {} },
    reading: <T>(work: () => Promise<T>) => work(),
    turn: async () => {},
    space: 'garden',
    known: { seq: () => known.seq, disproved: (seq: number) => void (known.seq = seq) },
    damaged: () => {},
  }
  const reader = {
    session: 's',
    full: () => false,
    room: async () => {},
    send(frame: Uint8Array) {
      const message = decodeMessage(frame)
      if (message?.type === 'changes') told.push(message.cursor.seq)
    },
  }
  const { reached } =
    kind === 'tail'
      ? createTail({ ...options, told: { news: ({ cursor }) => void told.push(cursor.seq), lost: () => {} } })
      : subscribe({ ...options, reader, cursor: undefined, begun: () => {}, failed: () => {} })
  const rest = (): Promise<void> => clock.advance(10)
  await rest()
  return {
    write,
    rest,
    reached,
    told,
    known,
    go() {
      for (const goes of going.splice(0)) goes()
    },
  }
}

/** Whether it is over by now. */
function over(waiting: Promise<void>): () => boolean {
  let isOver = false
  void waiting.then(() => (isOver = true))
  return () => isOver
}

test.each(['reader', 'tail'] as const)(
  '[R5] who waits for a place that the log does not have waits until it was read, and no longer (%s)',
  async kind => {
    const { reached, rest, go } = await logOf(kind)
    const isOver = over(reached(1_000))
    await rest()
    expect(isOver()).toBe(false)
    go()
    await rest()
    expect(isOver()).toBe(true)
  },
)

test.each(['reader', 'tail'] as const)(
  '[R2] who asks during a reading waits for what was written since it began (%s)',
  async kind => {
    const { write, reached, rest, go, told } = await logOf(kind)
    void reached(1_000)
    await rest()
    await write(2)
    const isOver = over(reached(2))
    go()
    await rest()
    expect(isOver()).toBe(false)
    go()
    await rest()
    expect([isOver(), told.at(-1)]).toEqual([true, 2])
  },
)
