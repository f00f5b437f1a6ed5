/** What was kept elsewhere, as one update that the gate takes. Law D2: what cannot be read is left out, and that is said. */
import { JoineryError, type Code } from '@joinery/core'
import { SCAN_LIMITS, scanYjsUpdate } from '@joinery/core/gate'
import type { Replica } from '../replica/replica.ts'

export const ENGINE = 'yjs'

export interface OldContent {
  readonly update: Uint8Array
  /** False when a row could not be read, or waits for another that is not there. */
  readonly isWhole: boolean
}

/** Undefined when nothing is in them. Throws the code that the gate refuses them with. */
export function readOld(replica: Replica, rows: readonly Uint8Array[]): OldContent | undefined {
  const good: Uint8Array[] = []
  let refused: Code | undefined
  for (const row of rows) {
    const scanned = scanYjsUpdate(row, SCAN_LIMITS)
    if (scanned.ok) good.push(row)
    else refused ??= scanned.code
  }
  const nothing = build(replica, [])
  const { doc, whole } = build(replica, good)
  const isWhole = whole && refused === undefined && !doc.waiting()
  const isEmpty = doc.encode(nothing.doc.version()) === undefined
  const update = doc.encode()
  doc.close()
  nothing.doc.close()
  if (isEmpty && isWhole) return undefined
  if (isEmpty) throw new JoineryError(refused ?? 'GAP')
  const scanned = scanYjsUpdate(update, SCAN_LIMITS)
  if (!scanned.ok) throw new JoineryError(scanned.code)
  return { update, isWhole }
}

/** What of an update these do not hold. */
export function lackingOf(replica: Replica, held: readonly Uint8Array[], update: Uint8Array): Uint8Array | undefined {
  const { doc } = build(replica, held)
  const version = doc.version()
  doc.apply(update)
  const lacking = doc.encode(version)
  doc.close()
  return lacking
}

function build(replica: Replica, updates: readonly Uint8Array[]) {
  const built = replica.build(ENGINE, updates)
  if (built === undefined) throw new JoineryError('BAD_INPUT', { engine: ENGINE })
  return built
}
