// automerge-repo's dialect: CBOR around Automerge's sync messages. One connection may have many documents. Readers answer as a client that
// applied what it got, or the server would work out again what they lack, for ever longer.
import * as A from '@automerge/automerge'
import { cbor, interpretAsDocumentId, type BinaryDocumentId } from '@automerge/automerge-repo'
import { createHash } from 'node:crypto'
import type { Dialect, Joining, Seat } from '../driver/dialect.ts'
import { numbered } from '../driver/numbered.ts'
import { openSocket } from '../driver/socket.ts'
import { writeEach } from '../driver/write-each.ts'
import { readTrace } from '../b4.ts'

/** Automerge's changes are slow to make, and its server shows what it has every 100 ms. */
const MOST_EDITS = 6_000
const ID_BYTES = 16
const NO_BLOOM = new Uint8Array()

interface Incoming {
  readonly type: string
  readonly senderId: string
  readonly documentId?: string
  readonly data?: Uint8Array
}

export function automergeRepo(): Dialect {
  const connect = async ({ url, name, heard, closed }: Omit<Joining, 'document'>): Promise<Opened> => {
    const senderId = `${name}-${Math.floor(Math.random() * 1e9)}`
    const waitersByDocument = new Map<string, () => void>()
    const headsByDocument = new Map<string, A.Heads>()
    let isAuthor = false
    let server = ''
    let welcomed = (): void => undefined
    const welcome = new Promise<void>(resolve => (welcomed = resolve))
    const socket = await openSocket(url, {
      closed,
      frame(frame, socket) {
        const incoming = cbor.decode<Incoming>(frame)
        const { documentId, data } = incoming
        if (incoming.type === 'peer') {
          server = incoming.senderId
          welcomed()
          return
        }
        if (documentId === undefined) return
        if (data !== undefined && incoming.type === 'sync') {
          const { heads, changes } = A.decodeSyncMessage(data)
          heard(frame)
          const held = headsByDocument.get(documentId) ?? []
          if (changes.length > 0) headsByDocument.set(documentId, heads)
          // Who writes has all of it; who reads says what he has by now, or asks for what he lacks.
          if (!isAuthor && (changes.length > 0 || heads.join() !== held.join())) {
            socket.send(sync(senderId, server, documentId, 'sync', message(changes.length > 0 ? heads : held, [])))
          }
        }
        waitersByDocument.get(documentId)?.()
        waitersByDocument.delete(documentId)
      },
    })
    socket.send(cbor.encode({ type: 'join', senderId, peerMetadata: {}, supportedProtocolVersions: ['1'] }))
    await welcome
    const open = (documentId: string, heads: A.Heads): Promise<void> => {
      const synced = new Promise<void>(resolve => waitersByDocument.set(documentId, resolve))
      headsByDocument.set(documentId, heads)
      socket.send(sync(senderId, server, documentId, heads.length === 0 ? 'request' : 'sync', message(heads, [])))
      return synced
    }
    return {
      open,
      seat: {
        // Frames are made before it is known who sends them.
        send: frame => {
          isAuthor = true
          socket.send(addressed(frame, senderId, server))
        },
        close: () => socket.close(),
      },
    }
  }
  const dialect: Dialect = {
    engine: 'automerge',
    window: Number.POSITIVE_INFINITY,
    async join(joining) {
      const { open, seat } = await connect(joining)
      await open(idOf(joining.document), [])
      return seat
    },
    edits(count) {
      let doc = A.from<{ t: string }>({ t: '' })
      const changes = A.getAllChanges(doc)
      for (let n = 1; n <= Math.min(count, MOST_EDITS); n++) {
        doc = A.change(doc, draft => A.splice(draft, ['t'], (n - 1) * numbered(1).length, 0, numbered(n)))
        changes.push(A.getLastLocalChange(doc) ?? NO_BLOOM)
      }
      return joinedFirst(changes)
    },
    news(edits, n) {
      const [doc] = A.applyChanges(A.init<{ t: string }>(), edits.flatMap(decodeChanges))
      const more = A.change(doc, draft => A.splice(draft, ['t'], 0, 0, numbered(n)))
      return encodeChanges([A.getLastLocalChange(more) ?? NO_BLOOM])
    },
    version: edits => Buffer.from(headOf(edits.at(-1)), 'hex'),
    merged: edits => encodeChanges(edits.flatMap(decodeChanges)),
    frames: (document, edits) =>
      edits.map(edit => {
        const changes = decodeChanges(edit)
        return cbor.encode({ documentId: idOf(document), data: message([headOf(edit)], changes) })
      }),
    highest(frames) {
      let doc = A.init<{ t?: string }>()
      let state = A.initSyncState()
      for (const frame of frames) {
        const { data } = cbor.decode<Incoming>(frame)
        if (data !== undefined) [doc, state] = A.receiveSyncMessage(doc, state, data)
      }
      return (doc.t ?? '').length / numbered(1).length
    },
    typed(count) {
      let doc = A.from<{ t: string }>({ t: '' })
      doc = A.change(doc, draft => {
        for (const { patches } of readTrace().txns.slice(0, count)) {
          for (const [at, deleted, inserted] of patches) A.splice(draft, ['t'], at, deleted, inserted)
        }
      })
      return encodeChanges(A.getAllChanges(doc))
    },
    write: (url, edits) => writeEach(dialect, url, edits),
    async comeBack(url, held, heard) {
      const { open, seat } = await connect({ url, name: 'back', heard })
      await Promise.all(
        held.map(({ document, version }) => open(idOf(document), [Buffer.from(version).toString('hex')])),
      )
      return seat
    },
  }
  return dialect
}

interface Opened {
  readonly open: (documentId: string, heads: A.Heads) => Promise<void>
  readonly seat: Seat
}

/** Changes as one edit. */
function encodeChanges(changes: readonly Uint8Array[]): Uint8Array {
  return cbor.encode(changes)
}

function decodeChanges(edit: Uint8Array): Uint8Array[] {
  return cbor.decode<Uint8Array[]>(Buffer.from(edit))
}

/** The change that makes the text goes with the first edit. */
function joinedFirst([made = NO_BLOOM, first = NO_BLOOM, ...others]: readonly Uint8Array[]): Uint8Array[] {
  return [encodeChanges([made, first]), ...others.map(change => encodeChanges([change]))]
}

function headOf(edit: Uint8Array | undefined): string {
  const last = edit === undefined ? undefined : decodeChanges(edit).at(-1)
  if (last === undefined) throw new Error('no change')
  return A.decodeChange(last).hash
}

function message(heads: A.Heads, changes: readonly Uint8Array[]): Uint8Array {
  const have = changes.length > 0 ? [] : [{ lastSync: heads, bloom: NO_BLOOM }]
  return A.encodeSyncMessage({ heads, need: [], have, changes: [...changes] })
}

function sync(senderId: string, targetId: string, documentId: string, type: string, data: Uint8Array): Uint8Array {
  return cbor.encode({ type, senderId, targetId, documentId, data })
}

function addressed(frame: Uint8Array, senderId: string, targetId: string): Uint8Array {
  const { documentId, data } = cbor.decode<{ documentId: string; data: Uint8Array }>(Buffer.from(frame))
  return sync(senderId, targetId, documentId, 'sync', data)
}

function idOf(document: string): string {
  const digest = createHash('sha256').update(document).digest()
  return interpretAsDocumentId(new Uint8Array(digest.subarray(0, ID_BYTES)) as BinaryDocumentId)
}
