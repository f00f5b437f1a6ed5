/**
 * One update that many were put together as, on its way from a thread. Law: its bytes are one piece of memory that is handed over, and what
 * else goes with it is bounded: a thread takes what it is sent object by object, and with 73,000 of them it would do nothing else for long.
 */
import { fittingParts, heldUpdates, joinUpdates, partsOf, type Run, type UpdateParts } from '@joinery/core/gate'
import type { JoinedElsewhere } from '../state/states.ts'

/** Runs and deletes that are looked through in no time. */
const FEW = 4_096

export interface PackedUpdate {
  readonly update: Uint8Array
  /** Undefined when they are many. */
  readonly parts: PackedParts | undefined
}

type PackedParts = Omit<UpdateParts, 'runs'> & { readonly runs: readonly Omit<Run, 'bytes'>[] }

/** For a thread. Throws when one cannot be read. */
export function joinOf(updates: readonly Uint8Array[], stateVector: Uint8Array | undefined): PackedUpdate {
  if (stateVector !== undefined) return { update: holding(updates).encode(stateVector), parts: undefined }
  const update = joinUpdates(updates)
  const parts = update && partsOf(update)
  if (update === undefined || parts === undefined) throw new Error(UNREADABLE)
  const isFew = parts.runs.length + parts.deletes.length + parts.gone.length <= FEW
  return { update, parts: isFew ? { ...parts, runs: parts.runs.map(withoutBytes) } : undefined }
}

/** For a thread. Throws when one cannot be read. */
export function lackOf(
  updates: readonly Uint8Array[],
  clocks: ReadonlyMap<number, number> | undefined,
): Uint8Array | undefined {
  const update = updates.at(-1)
  const parts = update && partsOf(update)
  if (parts === undefined) throw new Error(UNREADABLE)
  const fitting = clocks === undefined ? parts : fittingParts(parts, clocks).parts
  return holding(updates.slice(0, -1)).lackingParts(fitting)
}

export function unpacked({ update, parts }: PackedUpdate): JoinedElsewhere {
  return { update, parts: parts && { ...parts, runs: parts.runs.map(run => ({ ...run, bytes: update })) } }
}

function withoutBytes({ author, from, to, structs, start, end, marks }: Run): Omit<Run, 'bytes'> {
  return { author, from, to, structs, start, end, marks }
}

function holding(updates: readonly Uint8Array[]): ReturnType<typeof heldUpdates> {
  const held = heldUpdates()
  if (!updates.every(update => held.add(update))) throw new Error(UNREADABLE)
  return held
}

const UNREADABLE = 'an update that cannot be read'
