// Our own protocol. A client watches a space; here each document has a space of its own, but for a device that comes back to a library.
import type { Cursor } from '@joinery/core'
import { decodeMessage, encodeMessage, VERSION, type PushedEntry } from '@joinery/core/protocol'
import type { Dialect, Joining, Seat } from './dialect.ts'
import { openSocket } from './socket.ts'
import { yjsEdits } from './yjs-edits.ts'

/** The numbers that messages begin with (P1). */
const PART = 9
const WELCOME = 32
const CHANGES = 33
const BODIES = 34
const ACK = 35
const REFUSED = 36
const BYE = 39
/** As many entries of a client may be on their way (P34). */
export const WINDOW = 64
const ONLY = 'document'
const LIBRARY = 'library'

export function joinery(): Dialect {
  let cursor: Cursor | undefined
  return {
    ...yjsEdits,
    window: WINDOW,
    async join(joining) {
      const { document } = joining
      const link = await openLink(joining)
      link.seat.send(encodeMessage({ type: 'watch', space: document, cursor: undefined }))
      link.seat.send(encodeMessage({ type: 'fetch', space: document, document: ONLY, before: 0 }))
      await link.bodies
      return link.seat
    },
    frames: (document, edits) =>
      edits.map((bytes, at) => encodeMessage({ type: 'push', space: document, entries: [entry(at + 1, ONLY, bytes)] })),
    async write(url, edits) {
      const link = await openLink({ url, name: 'writer', heard: () => undefined })
      for (let at = 0; at < edits.length; at += WINDOW) {
        const some = edits.slice(at, at + WINDOW)
        const entries = some.map(({ document, edit }, more) => entry(at + more + 1, document, edit))
        link.seat.send(encodeMessage({ type: 'push', space: LIBRARY, entries }))
        await link.ackedAtLeast(at + some.length)
      }
      link.seat.close()
    },
    async leave(url) {
      const link = await openLink({ url, name: 'back', heard: () => undefined })
      link.seat.send(encodeMessage({ type: 'watch', space: LIBRARY, cursor: undefined }))
      const message = decodeMessage(await link.changes)
      if (message?.type === 'changes') cursor = message.cursor
      link.seat.close()
    },
    async comeBack(url, _held, heard) {
      const link = await openLink({ url, name: 'back', heard })
      link.seat.send(encodeMessage({ type: 'watch', space: LIBRARY, cursor }))
      await link.changes
      return link.seat
    },
  }
}

export interface Link {
  readonly seat: Seat
  /** The first of each. */
  readonly changes: Promise<Buffer>
  readonly bodies: Promise<void>
  ackedAtLeast(count: number): Promise<void>
}

/** Links up as a device that nobody has been yet. */
export async function openLink({ url, name, heard, acked, closed }: Omit<Joining, 'document'>): Promise<Link> {
  const device = `${name}-${Math.floor(Math.random() * 1e9)}`
  let count = 0
  let waiters: { readonly count: number; readonly done: () => void }[] = []
  let changed = (_frame: Buffer): void => undefined
  let bodied = (): void => undefined
  const changes = new Promise<Buffer>(resolve => (changed = resolve))
  const bodies = new Promise<void>(resolve => (bodied = resolve))
  const hear = (frame: Buffer): void => {
    const [type] = frame
    if (type === CHANGES || type === BODIES || type === PART) heard(frame)
    if (type === CHANGES) changed(frame)
    if (type === BODIES || type === PART) bodied()
    if (type === WELCOME || type === CHANGES || type === BODIES || type === PART) return
    const message = type === ACK || type === REFUSED || type === BYE ? decodeMessage(frame) : undefined
    if (message?.type === 'refused' || message?.type === 'bye') throw new Error(`${message.type} ${message.code}`)
    if (message?.type !== 'ack') return
    count += message.entries.length
    acked?.(message.entries.length)
    for (const waiter of waiters) if (waiter.count <= count) waiter.done()
    waiters = waiters.filter(waiter => waiter.count > count)
  }
  const socket = await openSocket(`${url}/v1/sync`, { closed, frame: hear })
  socket.send(encodeMessage({ type: 'hello', version: VERSION, device, token: `dev:${name}` }))
  return {
    seat: socket,
    changes,
    bodies,
    ackedAtLeast: least =>
      least <= count ? Promise.resolve() : new Promise(done => void waiters.push({ count: least, done })),
  }
}

/** An edit that a device pushes. */
export function entry(n: number, document: string, bytes: Uint8Array): PushedEntry {
  return {
    n,
    type: 'update',
    resupply: false,
    document,
    kind: 'paper',
    engine: 'yjs',
    at: Date.now(),
    bytes,
  }
}
