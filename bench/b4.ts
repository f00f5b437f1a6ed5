// The B4 editing trace as Yjs documents: every edit its own update, and the whole as one.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import * as Y from 'yjs'

export interface Trace {
  readonly endContent: string
  readonly txns: readonly { readonly patches: readonly [at: number, deleted: number, inserted: string][] }[]
}

export interface B4 {
  readonly endContent: string
  /** One update for each edit. */
  readonly updates: readonly Uint8Array[]
  /** All of it in one update. */
  readonly whole: Uint8Array
}

export function readTrace(): Trace {
  const bytes = gunzipSync(readFileSync(join(import.meta.dirname, 'data/automerge-paper.json.gz')))
  return JSON.parse(bytes.toString('utf8')) as Trace
}

/** Replays the trace into the root text `name`. */
export function readB4(name: string): B4 {
  const { txns, endContent } = readTrace()
  const doc = new Y.Doc()
  doc.clientID = 1_000_001
  const text = doc.getText(name)
  const updates: Uint8Array[] = []
  doc.on('update', (update: Uint8Array) => updates.push(update))
  for (const { patches } of txns) {
    doc.transact(() => {
      for (const [at, deleted, inserted] of patches) {
        if (deleted > 0) text.delete(at, deleted)
        if (inserted !== '') text.insert(at, inserted)
      }
    })
  }
  if (text.toJSON() !== endContent) throw new Error('the trace does not end as it says')
  return { endContent, updates, whole: Y.encodeStateAsUpdate(doc) }
}
