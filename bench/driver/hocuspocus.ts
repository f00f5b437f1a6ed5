// Hocuspocus' dialect: the name of the document before each message, a token before anything else of it, its own numbers. One connection may
// have many documents.
import * as encoding from 'lib0/encoding'
import type { Dialect, Joining, Seat } from './dialect.ts'
import { openSocket } from './socket.ts'
import { writeEach } from './write-each.ts'
import { yjsEdits } from './yjs-edits.ts'

const SYNC = 0
const AUTH = 2
const SYNC_REPLY = 4
const SYNC_STATUS = 8
const STEP_1 = 0
const STEP_2 = 1
const UPDATE = 2
const TOKEN = 0
const EMPTY_VECTOR = Uint8Array.of(0)
const NOTHING = Uint8Array.of(0, 0)
/** Documents that may wait for being let in on one connection: it closes at its default of 100. */
const PENDING = 64

interface Opened {
  readonly open: (document: string, has: Uint8Array) => Promise<void>
  readonly seat: Seat
}

export function hocuspocus(): Dialect {
  const connect = async ({ url, heard, acked, closed }: Omit<Joining, 'document' | 'name'>): Promise<Opened> => {
    const waitersByDocument = new Map<string, () => void>()
    const socket = await openSocket(url, {
      closed,
      frame(frame, socket) {
        const at = 1 + (frame[0] ?? 0)
        const [type, sync] = [frame[at], frame[at + 1]]
        if (type === SYNC_STATUS && sync === 1) acked?.(1)
        if (type !== SYNC && type !== SYNC_REPLY) return
        if (sync === UPDATE) {
          heard(frame)
          return
        }
        const document = frame.toString('latin1', 1, at)
        if (sync === STEP_1) {
          socket.send(message(document, SYNC_REPLY, STEP_2, NOTHING))
          return
        }
        heard(frame)
        waitersByDocument.get(document)?.()
        waitersByDocument.delete(document)
      },
    })
    const open = (document: string, has: Uint8Array): Promise<void> => {
      const synced = new Promise<void>(resolve => waitersByDocument.set(document, resolve))
      socket.send(token(document))
      socket.send(message(document, SYNC, STEP_1, has))
      return synced
    }
    return { open, seat: socket }
  }
  const dialect: Dialect = {
    ...yjsEdits,
    window: Number.POSITIVE_INFINITY,
    async join(joining) {
      const { open, seat } = await connect(joining)
      await open(joining.document, EMPTY_VECTOR)
      return seat
    },
    frames: (document, edits) => edits.map(edit => message(document, SYNC, UPDATE, edit)),
    write: (url, edits) => writeEach(dialect, url, edits),
    async comeBack(url, held, heard) {
      const { open, seat } = await connect({ url, heard })
      const waiting = held.values()
      const one = async (): Promise<void> => {
        for (const { document, version } of waiting) await open(document, version)
      }
      await Promise.all(Array.from({ length: PENDING }, one))
      return seat
    },
  }
  return dialect
}

function token(document: string): Uint8Array {
  return encoding.encode(encoder => {
    encoding.writeVarString(encoder, document)
    encoding.writeVarUint(encoder, AUTH)
    encoding.writeVarUint(encoder, TOKEN)
    encoding.writeVarString(encoder, 'bench')
  })
}

function message(document: string, type: number, sync: number, bytes: Uint8Array): Uint8Array {
  return encoding.encode(encoder => {
    encoding.writeVarString(encoder, document)
    encoding.writeVarUint(encoder, type)
    encoding.writeVarUint(encoder, sync)
    encoding.writeVarUint8Array(encoder, bytes)
  })
}
