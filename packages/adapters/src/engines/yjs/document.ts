/**
 * One Y.Doc behind the engine port. What comes through `apply` is remote; everything else that changes the document was made here and is
 * emitted, whoever made it: `change`, undo, or an editor on `raw`.
 * Laws: remote edits cause no local ones (Yjs tidies doubled formats after them, in every reader at once: not here); the author never
 * changes (Yjs would draw another at random); undo takes back what was made here and nothing else.
 */
import { canonical, contentDigest, type EngineDocument, JoineryError } from '@joinery/core'
import * as Y from 'yjs'
import { contentOf } from './content.ts'
import { mapField, plainSplice, textField } from './fields.ts'
import { copyRich, richSplice } from './rich-text.ts'
import { encodeAll, encodeSince, isAhead, versionOf } from './version.ts'

const REMOTE = Symbol('remote')
const LOCAL = Symbol('local')

export function yjsDocument(author: string): EngineDocument {
  // The guid names nothing here, and an own one would need chance.
  const doc = new Y.Doc({ guid: 'joinery' })
  doc.clientID = Number(author)
  const updateListeners = new Set<(update: Uint8Array) => void>()
  let steps: Y.UndoManager | undefined = undefined
  let state: 'open' | 'broken' | 'closed' = 'open'
  let hasWritten = false

  doc.on('beforeTransaction', transaction => {
    if (transaction.origin === REMOTE) return
    // Made with the first edit, since most documents are opened to be read.
    // Editors also make transactions that change nothing: such a one would take away what can be redone.
    const captureTransaction = (made: Y.Transaction): boolean => made.local && hasChanged(made)
    // Typing within half a second is taken back in one step; each `change` is a step of its own.
    steps ??= new Y.UndoManager(doc, { captureTransaction })
    steps.addTrackedOrigin(transaction.origin)
  })
  doc.on('afterTransaction', transaction => {
    if (transaction.origin === REMOTE) {
      transaction._needFormattingCleanup = false
      transaction.local = true
      doc.off('update', emit)
    } else {
      // Yjs encodes an update only while somebody listens: remote ones are not encoded again.
      doc.on('update', emit)
    }
  })

  function emit(update: Uint8Array, _origin: unknown, _doc: Y.Doc, transaction: Y.Transaction): void {
    hasWritten ||= holdsOwn(transaction)
    for (const listener of updateListeners) listener(update)
  }

  function holdsOwn({ beforeState, afterState }: Y.Transaction): boolean {
    return beforeState.get(doc.clientID) !== afterState.get(doc.clientID)
  }

  function waiting(): string {
    return canonical([doc.store.pendingStructs?.update ?? null, doc.store.pendingDs])
  }

  function checkOpen(): void {
    if (state !== 'open') throw new JoineryError('CLOSED', { why: state })
  }

  function checkIdle(what: string): void {
    checkOpen()
    if (doc._transaction !== null) throw new JoineryError('BAD_INPUT', { what, inside: 'change' })
  }

  function change(edit: () => void): void {
    checkOpen()
    if (doc._transaction !== null) return edit()
    steps?.stopCapturing()
    try {
      doc.transact(edit, LOCAL)
    } finally {
      steps?.stopCapturing()
    }
  }

  function applyAll(updates: readonly Uint8Array[]): boolean {
    checkIdle('apply')
    const [waitedFor, hadWritten] = [waiting(), hasWritten]
    const transaction = Y.transact(doc, reading => read(updates, reading), REMOTE, false)
    // What observers wrote is in other transactions.
    if (hadWritten && holdsOwn(transaction)) {
      state = 'broken'
      throw new JoineryError('CONFLICTING_AUTHORSHIP', { author })
    }
    return hasChanged(transaction) || waiting() !== waitedFor
  }

  function read(updates: readonly Uint8Array[], transaction: Y.Transaction): Y.Transaction {
    try {
      for (const update of updates) Y.applyUpdate(doc, update, REMOTE)
    } catch (cause) {
      state = 'broken'
      throw new JoineryError('BAD_UPDATE', {}, { cause })
    }
    // As Yjs says it in the end, which is later when this is called by an observer.
    transaction.afterState = new Map(
      [...doc.store.clients.keys()].map(client => [client, Y.getState(doc.store, client)]),
    )
    return transaction
  }

  function encode(): Uint8Array
  function encode(since: Uint8Array): Uint8Array | undefined
  function encode(since?: Uint8Array): Uint8Array | undefined {
    return since === undefined ? encodeAll(doc) : encodeSince(doc, since)
  }

  return {
    author,
    raw: doc,
    apply: update => applyAll([update]),
    applyAll,
    change,
    map: name => mapField(doc, name, change),
    text: name => textField(doc, name, change, plainSplice(doc, name)),
    rich: name => textField(doc, name, change, richSplice(doc, name)),
    copyRich: (name, from) => copyRich(doc, name, from, change),
    encode,
    version: () => versionOf(doc),
    digest: () => contentDigest(contentOf(doc)),
    content: () => contentOf(doc),
    waiting: () => doc.store.pendingStructs !== null || doc.store.pendingDs !== null,
    onUpdate(listener) {
      updateListeners.add(listener)
      return () => updateListeners.delete(listener)
    },
    onChange(listener) {
      const tell = (_: Y.Doc, transactions: readonly Y.Transaction[]): void => {
        if (transactions.some(hasChanged)) listener()
      }
      doc.on('afterAllTransactions', tell)
      return () => doc.off('afterAllTransactions', tell)
    },
    undo() {
      checkIdle('undo')
      return (steps?.undo() ?? null) !== null
    },
    redo() {
      checkIdle('redo')
      return (steps?.redo() ?? null) !== null
    },
    close() {
      state = 'closed'
      doc.destroy()
    },
  }
}

function hasChanged(transaction: Y.Transaction): boolean {
  return transaction.deleteSet.clients.size > 0 || isAhead(transaction.afterState, transaction.beforeState)
}
