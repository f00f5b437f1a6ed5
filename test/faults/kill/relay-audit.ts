/**
 * What a relay serves after it has come back, to people who were never there: the log from its beginning, the bodies of all documents, and
 * documents at the door. Law: each of the three, alone, holds every one of these words.
 */
import { NO_MARK, type Entry } from '@joinery/core'
import { decodeMessage, encodeMessage, VERSION, type ClientMessage, type RelayMessage } from '@joinery/core/protocol'
import { WebSocket } from 'ws'
import { readDoor } from './door-reader.ts'
import type { Promises } from './promises.ts'
import { wordsOfUpdates, type Word } from './words.ts'

export interface RelayAudit {
  /** Sentences: none when everything holds. */
  readonly troubles: readonly string[]
  /** Words that were promised and are missing from any of the three. */
  readonly lost: ReadonlySet<Word>
}

export async function auditRelay(
  port: number,
  space: string,
  doors: readonly string[],
  words: Iterable<Word>,
  { documentsByWord }: Promises,
): Promise<RelayAudit> {
  // Before anything is read: what is promised from now on is another matter.
  const promised = new Map<string, Word[]>()
  for (const word of words) {
    const document = documentsByWord.get(word) ?? ''
    const others = promised.get(document)
    if (others === undefined) promised.set(document, [word])
    else others.push(word)
  }
  const troubles: string[] = []
  const lost = new Set<Word>()
  const compare = (where: string, held: ReadonlyMap<string, ReadonlySet<Word>>, documents: Iterable<string>): void => {
    for (const document of documents) {
      const missing = (promised.get(document) ?? []).filter(word => held.get(document)?.has(word) !== true)
      for (const word of missing) lost.add(word)
      if (missing.length > 0) troubles.push(`${where} lacks ${missing.length} words of ${document}: ${missing[0]} …`)
    }
  }
  const { log, bodies } = await readSpace(port, space, troubles)
  compare('the log', wordsByDocument(log), promised.keys())
  compare('the bodies', wordsByDocument(bodies), promised.keys())
  const atDoors = new Map<string, Set<Word>>()
  for (const document of doors) atDoors.set(document, await readDoor(port, space, document))
  compare('the door', atDoors, doors)
  return { troubles, lost }
}

function wordsByDocument(entries: readonly Entry[]): Map<string, Set<Word>> {
  const updates = new Map<string, Uint8Array[]>()
  for (const { document, bytes } of entries) {
    const others = updates.get(document)
    if (others === undefined) updates.set(document, [bytes])
    else others.push(bytes)
  }
  return new Map([...updates].map(([document, bytes]) => [document, wordsOfUpdates(bytes)]))
}

async function readSpace(
  port: number,
  space: string,
  troubles: string[],
): Promise<{ log: readonly Entry[]; bodies: readonly Entry[] }> {
  const socket = new WebSocket(`ws://127.0.0.1:${port}/v1/sync`, { perMessageDeflate: false })
  const say = (message: ClientMessage): void => socket.send(encodeMessage(message))
  const log: Entry[] = []
  const bodies: Entry[] = []
  /** Told of since the first page of bodies was asked for: they may have moved past the page that was to bring them (R2). */
  let moved: Set<string> | undefined
  let asked = 0
  try {
    await new Promise<void>((resolve, reject) => {
      let isFromStart = false
      const hear = (message: RelayMessage): void => {
        switch (message.type) {
          case 'welcome':
            say({ type: 'watch', space, cursor: undefined })
            return
          case 'changes': {
            if (!isFromStart) {
              isFromStart = true
              say({ type: 'watch', space, cursor: { epoch: message.cursor.epoch, seq: 0, mark: NO_MARK } })
              return
            }
            if (message.reset) troubles.push('the log begins anew')
            for (const entry of message.entries) {
              if (entry.seq <= (log.at(-1)?.seq ?? 0)) troubles.push(`seq ${entry.seq} comes twice, or out of order`)
              log.push(entry)
              moved?.add(entry.document)
            }
            if (message.live && moved === undefined) {
              moved = new Set()
              say({ type: 'fetch', space, document: undefined, before: 0 })
            }
            return
          }
          case 'bodies':
            bodies.push(...message.entries)
            if (message.next !== 0) {
              say({ type: 'fetch', space, document: undefined, before: message.next })
              return
            }
            if (message.document !== undefined) asked -= 1
            for (const document of moved ?? []) {
              asked += 1
              say({ type: 'fetch', space, document, before: 0 })
            }
            moved = new Set()
            if (asked === 0) resolve()
            return
          case 'refused':
          case 'bye':
            reject(new Error(`whoever reads is told ${message.type} ${message.code}`))
        }
      }
      socket.on('message', (frame: Uint8Array) => {
        const message = decodeMessage(frame)
        if (message !== undefined) hear(message as RelayMessage)
      })
      socket.on('error', reject)
      socket.on('close', () => reject(new Error('the relay went away from whoever reads')))
      socket.on('open', () => say({ type: 'hello', version: VERSION, device: 'auditor', token: 'dev:auditor' }))
    })
  } finally {
    socket.terminate()
  }
  return { log, bodies }
}
