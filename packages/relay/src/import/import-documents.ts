/**
 * Takes over what another server kept: each of its documents becomes the one that stock clients meet under the same name at the door.
 * Laws:
 * - What is written was read by the gate, row by row and as a whole, and replayed in a worker within a budget: a damaged, hostile or endless
 *   row costs itself, a document its own import, and each is named with its reason.
 * - What was written is read back: it replays to the same content, or, where the document went on here, holds all of it.
 * - Again is nothing: what is held is not written twice, so an import that was broken off goes on where it was.
 * - Two rooms are never put into one document.
 */
import { documentOfRoom, JoineryError, sentenceOf, type Code, type OldDocument, type OldDocuments } from '@joinery/core'
import { heldUpdates, joinUpdates } from '@joinery/core/gate'
import type { EngineGate } from '../gate/gate.ts'
import type { Replayed } from '../workers/replay.ts'
import type { HeldHere, ImportTarget } from './target.ts'

export interface ImportOptions {
  readonly source: OldDocuments
  readonly target: ImportTarget
  /** What a stock client calls the room that its old server knew by this name; undefined when it is not to be imported. */
  readonly roomOf: (name: string) => string | undefined
  readonly gate: EngineGate
  /** Within a budget of time and memory; TOO_LARGE above it. */
  readonly replay: (updates: readonly Uint8Array[]) => Promise<Replayed>
  /** Looks at everything and writes nothing. */
  readonly isDryRun: boolean
  readonly tell: (outcome: ImportOutcome) => void
}

export interface ImportOutcome {
  /** As its old server called it; undefined for rows of which that cannot be told. */
  readonly name: string | undefined
  /** What it is here. */
  readonly document: string | undefined
  /** `grown`: it was here, and something was new. `left`: it was not, or not to the end, imported, for `reason`. */
  readonly outcome: 'imported' | 'grown' | 'unchanged' | 'empty' | 'left'
  /** Written. */
  readonly bytes: number
  readonly reason: string | undefined
  /** Rows that are not in it. */
  readonly rows: readonly LeftRow[]
}

export interface LeftRow {
  readonly row: string
  readonly reason: string
}

/** The kind of what has no schema, as the door makes it. */
const RAW = 'raw'
const ENGINE = 'yjs'

export async function importDocuments(options: ImportOptions): Promise<void> {
  const nameByDocument = new Map<string, string>()
  for await (const old of options.source.documents()) {
    const { name } = old
    const room = name === undefined ? undefined : options.roomOf(name)
    if (name !== undefined && room === undefined) continue
    const document = room === undefined ? undefined : documentOfRoom(room)
    const rows: LeftRow[] = [...old.damaged]
    const say = (outcome: ImportOutcome['outcome'], more: { bytes?: number; reason?: string } = {}): void =>
      options.tell({ name, document, outcome, bytes: more.bytes ?? 0, reason: more.reason, rows })
    if (name === undefined || document === undefined) {
      say('left', { reason: 'nobody knows whose rows these are' })
      continue
    }
    const before = nameByDocument.get(document)
    if (before !== undefined) {
      say('left', { reason: `the same room as ${JSON.stringify(before)}` })
      continue
    }
    nameByDocument.set(document, name)
    try {
      const { outcome, bytes } = await importOne(options, old, document, rows)
      say(outcome, { bytes })
    } catch (error) {
      // What is wrong with one is nothing to the others; what is wrong with the disk would be wrong with all.
      if (!(error instanceof Left)) throw error
      say('left', { reason: error.message })
    }
  }
}

/** Why a document is not imported, or not to the end. */
class Left extends Error {}

async function importOne(
  options: ImportOptions,
  old: OldDocument,
  document: string,
  rows: LeftRow[],
): Promise<{ outcome: ImportOutcome['outcome']; bytes: number }> {
  const updates = readable(options.gate, old, rows)
  if (updates.length === 0) {
    if (rows.length > 0) throw new Left('none of its rows can be read')
    return { outcome: 'empty', bytes: 0 }
  }
  const { snapshot, digest, waiting } = await replayed(options, updates)
  if (waiting) rows.push({ row: 'a part of it', reason: 'it waits for edits that are not here' })
  const held = heldUpdates()
  if (!held.add(snapshot)) throw new Left('its snapshot cannot be read')
  if (held.lacking(snapshot) !== undefined) throw new Left('its snapshot reads as something else')
  if (heldUpdates().lacking(snapshot) === undefined) return { outcome: 'empty', bytes: 0 }
  const scanned = options.gate.scan(snapshot)
  if (!scanned.ok) throw new Left(said(scanned.code, scanned.detail))

  const here = await options.target.held(document)
  refuseAnother(here)
  const lacking = here === undefined ? snapshot : lackingOf(here, snapshot)
  if (lacking !== undefined && !options.isDryRun) {
    const answer = await options.target.give(document, here?.kind ?? RAW, lacking)
    if (answer.answer === 'refused') {
      // Not of this document alone: all that come would meet it.
      if (answer.code === 'QUOTA' || answer.code === 'UNAVAILABLE') throw new JoineryError(answer.code)
      throw new Left(said(answer.code, answer.detail))
    }
  }
  if (lacking === undefined || !options.isDryRun) await verify(options, document, snapshot, digest)
  const outcome = lacking === undefined ? 'unchanged' : here === undefined ? 'imported' : 'grown'
  return { outcome, bytes: lacking?.length ?? 0 }
}

/** The rows that the gate can read. */
function readable(gate: EngineGate, { updates }: OldDocument, rows: LeftRow[]): Uint8Array[] {
  const taken: Uint8Array[] = []
  for (const { row, bytes } of updates) {
    const scanned = gate.scan(bytes)
    if (scanned.ok) taken.push(bytes)
    else rows.push({ row, reason: said(scanned.code, scanned.detail) })
  }
  return taken
}

/** As its own server would replay it; joined first when that takes too long. */
async function replayed({ replay }: ImportOptions, updates: readonly Uint8Array[]): Promise<Replayed> {
  try {
    return await replay(updates).catch((error: unknown) => {
      const joined = updates.length > 1 ? joinUpdates(updates) : undefined
      if (joined === undefined) throw error
      return replay([joined])
    })
  } catch (error) {
    const isOver = error instanceof JoineryError && error.code === 'TOO_LARGE'
    throw new Left(isOver ? 'it takes too long, or too much memory, to read' : 'Yjs breaks on it')
  }
}

function refuseAnother(here: HeldHere | undefined): void {
  if (here === undefined) return
  if (here.isGone) throw new Left(said('GONE', 'purged'))
  if (here.engine !== ENGINE) throw new Left(said('KIND_MISMATCH', `is held by ${here.engine}`))
}

function lackingOf({ updates }: HeldHere, snapshot: Uint8Array): Uint8Array | undefined {
  const held = heldUpdates()
  for (const update of updates) if (!held.add(update)) throw new Left('what is held of it cannot be read')
  return held.lacking(snapshot)
}

async function verify(options: ImportOptions, document: string, snapshot: Uint8Array, digest: string): Promise<void> {
  const here = await options.target.held(document)
  if (here === undefined || lackingOf(here, snapshot) !== undefined) throw new Left('what was written is not all of it')
  const stored = await replayed(options, here.updates)
  // Where people went on here, what they made of it counts.
  if (stored.digest === digest || lackingOf({ ...here, updates: [snapshot] }, stored.snapshot) !== undefined) return
  throw new Left('what was written reads back as something else')
}

function said(code: Code, detail: string): string {
  return `${code}: ${sentenceOf(code)} (${detail})`
}
