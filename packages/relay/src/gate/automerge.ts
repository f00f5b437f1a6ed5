/**
 * The gate of Automerge documents: plain change chunks, whose authors stand in clear. Whether a change's dependencies are here is not asked:
 * the engine keeps what waits, and they come from the same device in order. Stamps are looked at by workers.
 */
import type { AuthorHead } from '@joinery/core'
import { AUTOMERGE_LIMITS, isSeedAuthor, scanAutomerge, type AutomergeLimits } from '@joinery/core/gate'
import { decodeUtf8, encodeUtf8 } from 'lib0/string'
import { defineGate, EVERYTHING, type EngineGate } from './gate.ts'

/** Changes in the order of the bytes, seeds left out: they are nobody's. */
interface Changes {
  readonly changes: readonly { readonly actor: string; readonly seq: number }[]
}

/**
 * The gate of the engine `automerge`, with the limits of one update.
 *
 * @example
 * ```ts
 * import assert from 'node:assert'
 * import { automergeGate } from '@joinery/relay'
 *
 * const scanned = automergeGate().scan(new Uint8Array([1, 2, 3]))
 * assert.ok(!scanned.ok && scanned.code === 'BAD_UPDATE')
 * ```
 */
export function automergeGate(limits: AutomergeLimits = AUTOMERGE_LIMITS): EngineGate {
  return defineGate<Changes>({
    engine: 'automerge',
    scan(bytes) {
      const result = scanAutomerge(bytes, limits)
      if (!result.ok) return result
      if (bytes.length === 0) return { ok: false, code: 'BAD_UPDATE', detail: 'no bytes' }
      const changes: { actor: string; seq: number }[] = []
      for (const chunk of result.chunks) {
        if (chunk.type !== 'change') return { ok: false, code: 'BAD_UPDATE', detail: 'other than plain changes' }
        if (!isSeedAuthor(chunk.actor)) changes.push({ actor: chunk.actor, seq: chunk.seq })
      }
      return { ok: true, scan: { changes }, stampMax: undefined }
    },
    judge({ changes }, held, { owner, resupply, repeats = resupply }) {
      const moved = new Map<string, AuthorHead>()
      for (const { actor, seq } of changes) {
        const head = moved.get(actor) ?? held.author(actor)
        const have = head?.clock ?? 0
        const bound = head?.owner || undefined
        if (!resupply && bound !== undefined && bound !== owner) {
          return { verdict: 'refused', code: 'CONFLICTING_AUTHORSHIP', detail: `actor ${actor} is another owner's` }
        }
        if (seq <= have && !repeats) {
          return {
            verdict: 'refused',
            code: 'CONFLICTING_AUTHORSHIP',
            detail: `actor ${actor} wrote change ${seq} before`,
          }
        }
        if (seq > have + 1) {
          return { verdict: 'refused', code: 'GAP', detail: `actor ${actor} has ${have}, needs ${seq - 1}` }
        }
        if (seq === have + 1) moved.set(actor, { author: actor, clock: seq, owner: bound ?? (resupply ? '' : owner) })
      }
      return moved.size === 0 && changes.length > 0
        ? { verdict: 'known' }
        : { verdict: 'new', authors: [...moved.values()] }
    },
    wants(version, authors) {
      const theirs = readClock(version)
      if (theirs === undefined) return EVERYTHING
      const ours = new Map(authors.map(({ author, clock }) => [author, clock]))
      for (const [actor, seq] of theirs) {
        if (!isSeedAuthor(actor) && seq > (ours.get(actor) ?? 0)) return { version: writeClock(ours) }
      }
      return undefined
    },
  })
}

/** A version of the engine: `actor changes`, line by line. */
const LINE = /^([0-9a-f]+) ([1-9][0-9]{0,14})$/

function readClock(version: Uint8Array): Map<string, number> | undefined {
  const clock = new Map<string, number>()
  if (version.length === 0) return clock
  let text: string
  try {
    text = decodeUtf8(version)
  } catch {
    return undefined
  }
  for (const line of text.split('\n')) {
    const [, actor, count] = LINE.exec(line) ?? []
    if (actor === undefined || count === undefined) return undefined
    clock.set(actor, Number(count))
  }
  return clock
}

function writeClock(clock: ReadonlyMap<string, number>): Uint8Array {
  return encodeUtf8(
    [...clock]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([actor, count]) => `${actor} ${count}`)
      .join('\n'),
  )
}
