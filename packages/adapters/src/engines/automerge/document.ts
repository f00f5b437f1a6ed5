/**
 * One Automerge document behind the engine port. It is edited and read below Automerge's JavaScript view, which costs a copy of everything
 * that changes; the view is made when somebody asks for `raw`, and is for reading: edits made on it are not emitted.
 * Laws: only changes go in, never `loadIncremental`, which takes garbage in silence; what waits stays inside Automerge and is no part of
 * `encode`; times are left out of changes, so that equal edits are equal bytes.
 */
import * as A from '@automerge/automerge'
import { contentDigest, type EngineDocument, JoineryError } from '@joinery/core'
import { AUTOMERGE_LIMITS, automergeSeed, isSeedAuthor, scanAutomerge } from '@joinery/core/gate'
import { chunksOf, joined } from './chunks.ts'
import { contentOf, mapField, textField, type Editing } from './fields.ts'
import { ROOT, type Handle } from './values.ts'
import { decodeClock, encodeClock } from './version.ts'

type Change = ReturnType<Handle['getChangesMeta']>[number]

/** Automerge's word for no message, and no time. */
const UNNAMED = [undefined, 0] as const

export function automergeDocument(author: string): EngineDocument {
  let view = A.init<Record<string, unknown>>({ actor: author })
  const document = A.getBackend(view)
  const counted = new Map<string, number>()
  /** Up to where `counted` counts. */
  let countedHeads: readonly string[] = []
  /** The sorted keys of the root, until something is written: each field looks for its own among all of them. */
  let rootKeys: readonly string[] | undefined
  const updateListeners = new Set<(update: Uint8Array) => void>()
  const changeListeners = new Set<() => void>()
  /** Hashes of changes that wait for others. */
  const queued = new Set<string>()
  let state: 'open' | 'broken' | 'closed' = 'open'
  let editing = false

  function handle(): Handle {
    if (state !== 'open') throw new JoineryError('CLOSED', { why: state })
    return document
  }

  function change(edit: () => void): void {
    if (editing) {
      edit()
      rootKeys = undefined
      return
    }
    // Asking for heads ends a change of Automerge's, so it is asked once.
    const heads = handle().getHeads()
    editing = true
    try {
      edit()
    } finally {
      editing = false
      rootKeys = undefined
      document.commit(...UNNAMED)
      const changes = newSince(heads)
      if (changes.length > 0) {
        // A seed made here may release what waited for it: that came through `apply`, and is not emitted.
        const made = changes.filter(({ actor }) => actor === author || isSeedAuthor(actor))
        const update = bytesOf(made)
        if (made.length > 0) for (const listener of updateListeners) listener(update)
        for (const listener of changeListeners) listener()
      }
    }
  }

  /** Changes that took effect since `heads`. */
  function newSince(heads: readonly string[]): Change[] {
    return document.getChangesMeta([...heads])
  }

  /** How many changes of each actor are here, counted when somebody asks: to list them costs about half as much as to apply them. */
  function clock(): ReadonlyMap<string, number> {
    const heads = handle().getHeads()
    for (const { actor, seq } of newSince(countedHeads)) counted.set(actor, Math.max(seq, counted.get(actor) ?? 0))
    countedHeads = heads
    return counted
  }

  function bytesOf(changes: readonly Change[]): Uint8Array {
    return joined(changes.flatMap(({ hash }) => document.getChangeByHash(hash) ?? []))
  }

  function applyAll(updates: readonly Uint8Array[]): boolean {
    if (editing) throw new JoineryError('BAD_INPUT', { what: 'apply', rule: 'not inside a change' })
    const chunks = updates.flatMap(chunksOf)
    const heads = handle().getHeads()
    rootKeys = undefined
    try {
      document.applyChanges(chunks)
    } catch (cause) {
      state = 'broken'
      const isForked = String(cause).includes('duplicate seq')
      throw new JoineryError(isForked ? 'CONFLICTING_AUTHORSHIP' : 'BAD_UPDATE', {}, { cause })
    }
    const isNew = document.getHeads().join() !== heads.join()
    const isQueued = enqueue(chunks)
    if (isNew) for (const listener of changeListeners) listener()
    return isNew || isQueued
  }

  /** Remembers which of these changes wait now. True when one of them did not before. */
  function enqueue(chunks: readonly Uint8Array[]): boolean {
    if (!isWaiting()) {
      queued.clear()
      return false
    }
    const before = queued.size
    for (const chunk of chunks) {
      const scan = scanAutomerge(chunk, AUTOMERGE_LIMITS)
      const [read] = scan.ok ? scan.chunks : []
      if (read?.type === 'change' && document.getChangeByHash(read.hash) === null) queued.add(read.hash)
    }
    return queued.size > before
  }

  function isWaiting(): boolean {
    return handle().getMissingDeps([]).length > 0
  }

  function encode(): Uint8Array
  function encode(since: Uint8Array): Uint8Array | undefined
  function encode(since?: Uint8Array): Uint8Array | undefined {
    if (since === undefined) return joined(handle().getChanges([]))
    const known = decodeClock(since)
    const isMissing = (actor: string, seq: number): boolean => seq > (known.get(actor) ?? 0)
    if (![...clock()].some(([actor, seq]) => isMissing(actor, seq))) return undefined
    const missing = handle()
      .getChangesMeta([])
      .filter(({ actor, seq }) => isMissing(actor, seq))
    return bytesOf(missing)
  }

  const fields: Editing = {
    handle,
    change,
    keys: () => (rootKeys ??= handle().keys(ROOT).sort()),
    seed(key) {
      rootKeys = undefined
      // Another author's change, and so the end of the one under way: what follows is a second one.
      document.applyChanges([automergeSeed(key)])
    },
  }
  const content = () => contentOf(handle())
  return {
    author,
    get raw() {
      handle()
      // No changes: it only brings the view up to the document.
      view = A.applyChanges(view, [])[0]
      return view
    },
    apply: update => applyAll([update]),
    applyAll,
    change,
    map: name => mapField(fields, name),
    text: name => textField(fields, name),
    encode,
    version: () => encodeClock(clock()),
    digest: () => contentDigest(content()),
    content,
    waiting: isWaiting,
    onUpdate(listener) {
      updateListeners.add(listener)
      return () => updateListeners.delete(listener)
    },
    onChange(listener) {
      changeListeners.add(listener)
      return () => changeListeners.delete(listener)
    },
    undo: () => false,
    redo: () => false,
    close() {
      if (state !== 'closed') document.free()
      state = 'closed'
    },
  }
}
