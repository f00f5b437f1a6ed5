/** The gate of Yjs documents: core's scan and judge, and state vectors for `have` and `want`. */
import { judgeYjs, SCAN_LIMITS, scanYjsUpdate, type ScanLimits, type YjsScan } from '@joinery/core/gate'
import { createDecoder, hasContent, readVarUint } from 'lib0/decoding'
import { createEncoder, toUint8Array, writeVarUint } from 'lib0/encoding'
import { defineGate, EVERYTHING, type EngineGate } from './gate.ts'

export function yjsGate(limits: ScanLimits = SCAN_LIMITS): EngineGate {
  return defineGate<YjsScan>({
    engine: 'yjs',
    scan(bytes) {
      const result = scanYjsUpdate(bytes, limits)
      if (!result.ok) return result
      return { ok: true, scan: result.scan, stampMax: result.scan.stampMax }
    },
    judge(scan, held, by) {
      const head = {
        clockOf: (author: number) => held.author(String(author))?.clock ?? 0,
        ownerOf: (author: number) => held.author(String(author))?.owner || undefined,
      }
      const verdict = judgeYjs(scan, head, by)
      if (verdict.verdict === 'gap') {
        const { author, have, need } = verdict
        return { verdict: 'refused', code: 'GAP', detail: `author ${author} has ${have}, needs ${need}` }
      }
      if (verdict.verdict !== 'new') return verdict
      return {
        verdict: 'new',
        authors: verdict.authors.map(({ author, to, owner }) => ({ author: String(author), clock: to, owner: owner ?? '' })),
      }
    },
    wants(version, authors) {
      const theirs = readStateVector(version)
      if (theirs === undefined) return EVERYTHING
      const ours = new Map(authors.map(({ author, clock }) => [Number(author), clock]))
      for (const [author, clock] of theirs) if (clock > (ours.get(author) ?? 0)) return writeStateVector(ours)
      return undefined
    },
  })
}

function readStateVector(bytes: Uint8Array): Map<number, number> | undefined {
  const clocks = new Map<number, number>()
  try {
    const decoder = createDecoder(bytes)
    const count = readVarUint(decoder)
    // An author takes at least two bytes, so a count off the wire loops no further than its bytes.
    if (count > bytes.length / 2) return undefined
    for (let i = 0; i < count; i++) clocks.set(readVarUint(decoder), readVarUint(decoder))
    return hasContent(decoder) ? undefined : clocks
  } catch {
    return undefined
  }
}

function writeStateVector(clocks: ReadonlyMap<number, number>): Uint8Array {
  const encoder = createEncoder()
  writeVarUint(encoder, clocks.size)
  for (const [author, clock] of clocks) {
    writeVarUint(encoder, author)
    writeVarUint(encoder, clock)
  }
  return toUint8Array(encoder)
}
