/** The gate of Yjs documents: core's scan and judge, and state vectors for `have` and `want`. */
import { judgeYjs, SCAN_LIMITS, scanYjsUpdate, type ScanLimits, type YjsScan } from '@joinery/core/gate'
import { createDecoder, hasContent, readVarUint } from 'lib0/decoding'
import { createEncoder, toUint8Array, writeVarUint } from 'lib0/encoding'
import { defineGate, EVERYTHING, type EngineGate } from './gate.ts'

/**
 * The gate of the engine `yjs`, with the limits of one update.
 *
 * @example
 * ```ts
 * import assert from 'node:assert'
 * import { yjsGate } from '@joinery/relay'
 *
 * const gate = yjsGate()
 * const scanned = gate.scan(new Uint8Array([1, 1, 7, 0, 4, 1, 1, 0x74, 2, 0x68, 0x69, 0]))
 * assert.ok(scanned.ok)
 * const verdict = gate.judge(scanned.scan, { author: () => undefined }, { owner: 'phone@ann', resupply: false })
 * assert.deepEqual(verdict, { verdict: 'new', authors: [{ author: '7', clock: 2, owner: 'phone@ann' }] })
 * ```
 */
export function yjsGate(limits: ScanLimits = SCAN_LIMITS): EngineGate {
  return defineGate<YjsScan>({
    engine: 'yjs',
    scan(bytes) {
      const result = scanYjsUpdate(bytes, limits)
      if (!result.ok) return result
      const { scan } = result
      return { ok: true, scan, stampMax: scan.stampMax, authors: scan.authors.length }
    },
    judge(scan, held, by) {
      const head = {
        clockOf: (author: number) => held.author(String(author))?.clock ?? 0,
        ownerOf: (author: number) => held.author(String(author))?.owner || undefined,
      }
      const stolen =
        by.isOthers && scan.authors.find(({ author }) => head.clockOf(author) === 0 && by.isOthers?.(author))
      if (stolen !== undefined)
        return {
          verdict: 'refused',
          code: 'CONFLICTING_AUTHORSHIP',
          detail: `author ${stolen.author} is another owner's`,
        }
      const verdict = judgeYjs(scan, head, by)
      if (verdict.verdict === 'gap') {
        const { author, have, need } = verdict
        return { verdict: 'refused', code: 'GAP', detail: `author ${author} has ${have}, needs ${need}` }
      }
      if (verdict.verdict !== 'new') return verdict
      return {
        verdict: 'new',
        authors: verdict.authors.map(({ author, to, owner }) => ({
          author: String(author),
          clock: to,
          owner: owner ?? '',
        })),
      }
    },
    wants(version, authors) {
      const ours = new Map(authors.map(({ author, clock }) => [Number(author), clock]))
      const theirs = readVersion(version, ours)
      if (theirs === undefined) return EVERYTHING
      const wanted = { version: writeVersion(ours) }
      if (theirs.isAhead) return wanted
      // Which deletes are held does not show in heads, and a lost one would be lost for ever.
      return theirs.deletes && { ...wanted, unless: theirs.deletes }
    },
  })
}

interface TheirVersion {
  /** It has more of some author. */
  readonly isAhead: boolean
  /** As an update; undefined when there are none. */
  readonly deletes: Uint8Array | undefined
}

/** A Yjs version is a snapshot: the set of deletes, then the state vector, which may name authors without end: none is kept. */
function readVersion(bytes: Uint8Array, ours: ReadonlyMap<number, number>): TheirVersion | undefined {
  try {
    const decoder = createDecoder(bytes)
    // Each item takes at least a byte, so a count off the wire loops no further than its bytes.
    const count = (): number => {
      const value = readVarUint(decoder)
      if (value > bytes.length - decoder.pos) throw new Error('more than there is')
      return value
    }
    const deleters = count()
    for (let i = 0; i < deleters; i++) {
      readVarUint(decoder)
      const ranges = count()
      for (let range = 0; range < ranges; range++) {
        readVarUint(decoder)
        readVarUint(decoder)
      }
    }
    // Behind the structs of an update, of which there are none here, they stand as they do in a snapshot.
    const deletes = deleters > 0 ? new Uint8Array(1 + decoder.pos) : undefined
    deletes?.set(bytes.subarray(0, decoder.pos), 1)
    const authors = count()
    let isAhead = false
    for (let i = 0; i < authors; i++) {
      const author = readVarUint(decoder)
      if (readVarUint(decoder) > (ours.get(author) ?? 0)) isAhead = true
    }
    return hasContent(decoder) ? undefined : { isAhead, deletes }
  } catch {
    return undefined
  }
}

function writeVersion(clocks: ReadonlyMap<number, number>): Uint8Array {
  const encoder = createEncoder()
  writeVarUint(encoder, 0)
  writeVarUint(encoder, clocks.size)
  for (const [author, clock] of clocks) {
    writeVarUint(encoder, author)
    writeVarUint(encoder, clock)
  }
  return toUint8Array(encoder)
}
