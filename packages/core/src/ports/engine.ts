/**
 * Port: the CRDT that holds a document. Every engine shows the same two shapes at its root, flat maps and texts, on which all field
 * policies are built, so nothing above depends on which engine it is: ask `can`, never the name. Laws:
 * - D1: documents of one engine that applied the same updates have the same `digest`, whatever the order and repeats. An update that
 *   needs another one not yet applied waits inside the document and takes effect with it.
 * - D2: `check` never throws, never hangs and refuses what would break `apply`. If `apply` throws, the document is unusable: drop it.
 * - D3: an edit that changes nothing emits nothing; `encode(since)` is undefined when there is nothing new.
 * - Authors are fresh per `open`; an author's clocks count from 0 without gaps.
 * - `encode()` of a document and its updates applied one by one give the same digest. What waits is no part of it: the updates of a
 *   document that is `waiting` must be kept.
 * - One `change` is one update, however it nests. If it throws, what it did before stays and is emitted, and the error goes on.
 * - Reading an absent map or text gives an empty one and writes nothing (D4). Content read has no inherited keys (CR-17).
 * - What is written is a `Plain` value as `plainOf` gives it, read back equal everywhere; anything else is refused and nothing is written
 *   (CR-19, CR-20). A field used in a shape it does not have answers FIELD_SHAPE (CR-18).
 */
import type { Plain } from '../plain.ts'
import type { Random } from './random.ts'
import type { Code } from '../errors.ts'

export interface Engine {
  readonly name: string
  readonly can: EngineAbilities
  newAuthor(random: Random): string
  /** An empty document that edits as `author`. */
  open(author: string): EngineDocument
  /** What is wrong with these bytes, or undefined. Structure only; linear time. */
  check(update: Uint8Array): EngineRefusal | undefined
}

export interface EngineAbilities {
  /** Collaborative plain text. */
  readonly text: boolean
  /** Structured text that rich editors bind to. */
  readonly rich: boolean
  readonly undo: boolean
  /** Whether an update tells by itself that an earlier one is missing, so that a relay refuses it until that one is there. */
  readonly tellsGaps: boolean
  /** Whether concurrent edits to different keys both survive; a register replaces its whole value. */
  readonly merges: boolean
}

export interface EngineRefusal {
  readonly code: Code
  readonly detail: string
}

export interface EngineDocument {
  readonly author: string
  /** The engine's own document, for editors: a Y.Doc. Of the others it is to read: Automerge's view, a register's state. */
  readonly raw: unknown
  /** Applies checked bytes from elsewhere, outside of any change. True when anything was new. */
  apply(update: Uint8Array): boolean
  /** Applies many in one step, so that observers fire once. */
  applyAll(updates: readonly Uint8Array[]): boolean
  /** Runs an edit as one transaction; nested calls join it. */
  change(edit: () => void): void
  map(name: string): EngineMap
  text(name: string): EngineText
  /**
   * Structured text that rich editors bind to through `raw`, there exactly when the engine `can` it (`rich`). It reads as plain text,
   * blocks separated by newlines, and takes plain edits too: a newline inserted begins a paragraph, one deleted joins two blocks.
   * A root is either text or rich, for ever: asking for the one never turns it into the other.
   */
  rich?(name: string): EngineText
  /** Makes the structured text `name` what it is in `from`, by edits that leave alone what is equal. */
  copyRich?(name: string, from: EngineDocument): void
  /** Everything, or everything that a document at version `since` lacks. */
  encode(): Uint8Array
  encode(since: Uint8Array): Uint8Array | undefined
  /** What this document holds, for `encode(since)` elsewhere. */
  version(): Uint8Array
  /** A name for the content, equal on all replicas that show the same. */
  digest(): string
  /** Root names to canonical content. */
  content(): Plain
  /** Whether updates wait for others that are not here yet. */
  waiting(): boolean
  /** Called with each update made here: by `change`, by undo, or by an editor on `raw`. Never for `apply`. */
  onUpdate(listener: (update: Uint8Array) => void): () => void
  /** Called after anything changed, from wherever. */
  onChange(listener: () => void): () => void
  undo(): boolean
  redo(): boolean
  close(): void
}

/** A flat map of plain values. Per key: the observed value is removed by `delete`; a set made elsewhere meanwhile stays. */
export interface EngineMap {
  get(key: string): Plain | undefined
  set(key: string, value: Plain): void
  delete(key: string): void
  entries(): Iterable<readonly [key: string, value: Plain]>
}

/** Text by UTF-16 offsets. */
export interface EngineText {
  readonly length: number
  toString(): string
  insert(at: number, text: string): void
  delete(at: number, count: number): void
}
