/**
 * Finds which of a document's updates breaks its engine, by trying parts of the log. Laws:
 * - What is blamed was seen to be needed: without it, and with everything else up to where it broke, the engine is well.
 * - Of several that break it together, the last that was needed before the one it broke at is blamed: who sets off what another laid is not
 *   the one to lose an edit. Only where nobody laid anything is it the last. Who only deleted laid nothing, though others may build on it.
 * - Of what can be left of it, that is chosen which leaves most to see: what is beside it, or what it stood over.
 * - One that is only the last straw is not blamed: without it the work has to fit into a smaller budget.
 */
import { JoineryError } from '@joinery/core'
import type { Leaving } from '@joinery/core/gate'
import type { Trial } from '../workers/trial.ts'

/** What workers do for whoever looks for a culprit. */
export interface Trials {
  /**
   * Whether these updates break their engine, of which the first `known` did not; undefined when this engine's are not tried. `easily`: with
   * half the budget. Rejects with TOO_LARGE when the budget is not enough.
   */
  try(engine: string, updates: readonly Uint8Array[], known: number, easily: boolean): Promise<Trial | undefined>
  /** What is left of each update when it is voided; undefined when nothing is. */
  empty(engine: string, updates: readonly Uint8Array[], leaving: Leaving): Promise<readonly Uint8Array[] | undefined>
  /** Whether an update is built on another; true when that cannot be told. */
  leans(engine: string, update: Uint8Array, other: Uint8Array): Promise<boolean>
}

/** What is left of an update that only deleted: no structs, no deletes. */
const NO_CLOCKS_BYTES = 2

export type Breakage = 'throws' | 'splits' | 'budget'

export interface Culprit {
  /** Its place among the updates. */
  readonly at: number
  /** What is left of it; undefined when nothing is. */
  readonly instead: Uint8Array | undefined
}

/** How these break their engine, or `fine`, or undefined when that is not tried. Rejects when the workers have no answer now. */
export async function breakageOf(
  trials: Trials,
  engine: string,
  updates: readonly Uint8Array[],
  known: number,
): Promise<Breakage | 'fine' | undefined> {
  const tried = await trialOf(trials, engine, updates, known, false)
  return typeof tried === 'object' ? 'fine' : tried
}

async function trialOf(
  trials: Trials,
  engine: string,
  updates: readonly Uint8Array[],
  known: number,
  easily: boolean,
): Promise<Breakage | Extract<Trial, { trial: 'fine' }> | undefined> {
  try {
    const tried = await trials.try(engine, updates, known, easily)
    return tried?.trial === 'fine' ? tried : tried?.trial
  } catch (error) {
    if (!(error instanceof JoineryError)) return 'throws'
    if (error.code === 'TOO_LARGE') return 'budget'
    throw error
  }
}

/**
 * The culprit among updates that break their engine, of which the first `known` do not and the first `fixed` cannot be voided. Undefined
 * when it is no single one.
 */
export async function findCulprit(
  trials: Trials,
  engine: string,
  updates: readonly Uint8Array[],
  known: number,
  fixed: number,
): Promise<Culprit | undefined> {
  const isFine = async (list: readonly Uint8Array[]): Promise<boolean> =>
    (await breakageOf(trials, engine, list, 0)) === 'fine'

  const brokenAt = await firstWhere(known, updates.length - 1, async last => {
    const breakage = await breakageOf(trials, engine, updates.slice(0, last + 1), known)
    return breakage !== 'fine'
  })
  if (brokenAt < fixed) return undefined
  const before = updates.slice(0, brokenAt)
  const last = updates.slice(brokenAt, brokenAt + 1)
  const clocks = await trials.empty(engine, updates.slice(fixed, brokenAt + 1), 'clocks')
  /** All from `from` on are voided, but for the last and for deletes. */
  const without = (from: number): readonly Uint8Array[] => [
    ...before.slice(0, from),
    ...(clocks?.slice(from - fixed, -1) ?? []).map((left, at) => {
      return left.length > NO_CLOCKS_BYTES ? left : (before[from + at] as Uint8Array)
    }),
    ...last,
  ]
  const suspects = [brokenAt]
  if (await isFine(without(fixed))) {
    // The first from which on nothing has to be voided: the one before it is needed.
    const harmless = await firstWhere(
      fixed + 1,
      brokenAt,
      async from => from === brokenAt || !(await isFine(without(from))),
    )
    const laid = harmless - 1
    // What it is built on is needed for it to say anything at all.
    if (!(await trials.leans(engine, updates[brokenAt] as Uint8Array, updates[laid] as Uint8Array)))
      suspects.unshift(laid)
  }
  for (const at of suspects) {
    const places = await trials.empty(engine, updates.slice(at, at + 1), 'places')
    let best: (Culprit & { readonly shown: number }) | undefined
    for (const instead of new Set([places?.[0], clocks?.[at - fixed]])) {
      const left = instead === undefined ? [] : [instead]
      const rest = [...updates.slice(0, at), ...left, ...updates.slice(at + 1, brokenAt + 1)]
      const tried = await trialOf(trials, engine, rest, 0, true)
      if (typeof tried !== 'object') continue
      if (best === undefined || tried.shown > best.shown) best = { at, instead, shown: tried.shown }
    }
    if (best !== undefined) return { at, instead: best.instead }
  }
  return undefined
}

/** The first number of [from, to] for which it is so: it is for `to`, and for every number after the first. */
async function firstWhere(from: number, to: number, isSo: (at: number) => Promise<boolean>): Promise<number> {
  let [low, high] = [from, to]
  while (low < high) {
    const middle = (low + high) >>> 1
    if (await isSo(middle)) high = middle
    else low = middle + 1
  }
  return low
}
