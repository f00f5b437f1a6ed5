// What all dialects that carry Yjs share.
import * as Y from 'yjs'
import { readTrace } from '../b4.ts'
import type { Dialect } from './dialect.ts'
import { lastNumber, numberedYjs } from './numbered.ts'

export const yjsEdits: Pick<Dialect, 'engine' | 'edits' | 'news' | 'version' | 'merged' | 'typed' | 'highest'> = {
  engine: 'yjs',
  edits: count => numberedYjs(count),
  news: (_edits, n) => numberedYjs(1, n)[0] ?? new Uint8Array(),
  version: edits => Y.encodeStateVector(built(edits)),
  merged: edits => Y.encodeStateAsUpdate(built(edits)),
  typed(count) {
    const doc = new Y.Doc()
    const text = doc.getText('t')
    for (const { patches } of readTrace().txns.slice(0, count)) {
      doc.transact(() => {
        for (const [at, deleted, inserted] of patches) {
          if (deleted > 0) text.delete(at, deleted)
          if (inserted !== '') text.insert(at, inserted)
        }
      })
    }
    return Y.encodeStateAsUpdate(doc)
  },
  highest: frames => Math.max(0, ...frames.map(lastNumber)),
}

/** What of these edits a state vector lacks. */
export function lackingOf(edits: readonly Uint8Array[], vector: Uint8Array): Uint8Array {
  return Y.encodeStateAsUpdate(built(edits), vector)
}

/** As on the device that made them. */
function built(edits: readonly Uint8Array[]): Y.Doc {
  const doc = new Y.Doc()
  doc.transact(() => {
    for (const edit of edits) Y.applyUpdate(doc, edit)
  })
  return doc
}
