// The stock y-websocket dialect: of y-websocket server, the floor, and our door. One document is one connection.
import * as decoding from 'lib0/decoding'
import * as encoding from 'lib0/encoding'
import type { Dialect, Joining, Seat } from './dialect.ts'
import { inHerds, openSocket } from './socket.ts'
import { writeEach } from './write-each.ts'
import { written, type Written } from './written.ts'
import { lackingOf, yjsEdits } from './yjs-edits.ts'

const SYNC = 0
const STEP_1 = 0
const STEP_2 = 1
const UPDATE = 2
const EMPTY_VECTOR = Uint8Array.of(0)
const NOTHING = Uint8Array.of(SYNC, STEP_2, 2, 0, 0)

export function yWebsocket(address: (document: string, name: string) => string): Dialect {
  const join = async ({ url, document, name, heard, closed, askedAgain }: Joining, has: Uint8Array): Promise<Seat> => {
    let done = (): void => undefined
    const synced = new Promise<void>(resolve => (done = resolve))
    const sent = written()
    let isKnown = false
    const socket = await openSocket(url + address(document, name), {
      closed,
      frame(frame, socket) {
        if (frame[0] !== SYNC) return
        if (frame[1] === STEP_1) {
          // The first one asks for everything, when there is nothing yet; a later one for what was lost. Each is answered.
          if (isKnown) askedAgain?.()
          isKnown = true
          socket.send(answerTo(frame, sent))
          return
        }
        heard(frame)
        if (frame[1] === STEP_2) done()
      },
    })
    socket.send(syncMessage(STEP_1, has))
    await synced
    return {
      ...socket,
      send(frame) {
        sent.add(frame)
        socket.send(frame)
      },
    }
  }
  const dialect: Dialect = {
    ...yjsEdits,
    window: Number.POSITIVE_INFINITY,
    join: joining => join(joining, EMPTY_VECTOR),
    frames: (_document, edits) => edits.map(edit => syncMessage(UPDATE, edit)),
    write: (url, edits) => writeEach(dialect, url, edits),
    async comeBack(url, held, heard) {
      const seats: Seat[] = []
      await inHerds(held, async ({ document, version }) => {
        seats.push(await join({ url, document, name: 'back', heard }, version))
      })
      return { send: () => undefined, close: () => seats.forEach(seat => seat.close()) }
    },
  }
  return dialect
}

/** As `readSyncStep1` of y-protocols: what was written that this vector lacks. */
function answerTo(step1: Uint8Array, sent: Written): Uint8Array {
  const decoder = decoding.createDecoder(sent.bytes())
  if (!decoding.hasContent(decoder)) return NOTHING
  const edits: Uint8Array[] = []
  while (decoding.hasContent(decoder)) {
    decoding.readVarUint(decoder)
    decoding.readVarUint(decoder)
    edits.push(decoding.readVarUint8Array(decoder))
  }
  const asking = decoding.createDecoder(step1.subarray(2))
  return syncMessage(STEP_2, lackingOf(edits, decoding.readVarUint8Array(asking)))
}

function syncMessage(type: number, bytes: Uint8Array): Uint8Array {
  return encoding.encode(encoder => {
    encoding.writeVarUint(encoder, SYNC)
    encoding.writeVarUint(encoder, type)
    encoding.writeVarUint8Array(encoder, bytes)
  })
}
