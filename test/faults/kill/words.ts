/**
 * What the people of a proof write. Law: a word is written once, by one writer, in one piece, and stands in every frame, row and page that
 * holds its edit exactly as it was written, so that whoever looks at bytes alone knows which edits they carry.
 */
import * as Y from 'yjs'

export type Word = string

const WORD = /<[a-z]+\d*\.\d+>/g

export function wordOf(writer: string, n: number): Word {
  return `<${writer}.${n}>`
}

/** The words that these bytes, or this text, hold. */
export function wordsIn(held: Uint8Array | string): Set<Word> {
  const text =
    typeof held === 'string' ? held : Buffer.from(held.buffer, held.byteOffset, held.length).toString('latin1')
  return new Set(text.match(WORD))
}

/**
 * Puts a word at the end of the text that everybody writes in, and something in the place of what it put there before, which is garbage
 * then. Gives the update.
 */
export function writeWord(doc: Y.Doc, word: Word): Uint8Array {
  const updates: Uint8Array[] = []
  const made = (update: Uint8Array): void => void updates.push(update)
  doc.on('update', made)
  doc.transact(() => {
    const body = doc.getText('body')
    body.insert(body.length, word)
    doc.getMap('last').set(String(doc.clientID), word.slice(1, -1))
  })
  doc.off('update', made)
  return updates[0] ?? new Uint8Array(0)
}

/** What these updates hold together: throws when a piece is missing. */
export function wordsOfUpdates(updates: Iterable<Uint8Array>): Set<Word> {
  const doc = new Y.Doc()
  doc.transact(() => {
    for (const update of updates) Y.applyUpdate(doc, update)
  })
  return wordsOfDoc(doc)
}

export function wordsOfDoc(doc: Y.Doc): Set<Word> {
  if (doc.store.pendingStructs !== null || doc.store.pendingDs !== null) throw new Error('a document has a gap')
  return wordsIn(doc.getText('body').toJSON())
}
