/** The engines as their laws try them: with who wrote what in an update, read from the bytes as a relay reads them. */
import { readRegister } from '@joinery/core'
import { AUTOMERGE_LIMITS, isSeedAuthor, SCAN_LIMITS, scanAutomerge, scanYjsUpdate } from '@joinery/core/gate'
import type { TestedEngine } from '@joinery/core/testing'
import { automerge } from '@joinery/adapters/engines/automerge'
import { registerEngine, type RegisterOptions } from '@joinery/adapters/engines/register'
import { yjs } from '@joinery/adapters/engines/yjs'

/** Yjs. */
export const testedYjs: TestedEngine = {
  ...yjs,
  authorsOf(update) {
    const result = scanYjsUpdate(update, SCAN_LIMITS)
    if (!result.ok) throw new Error(result.detail)
    return result.scan.authors.map(({ author, from, to }) => ({ author: String(author), from, to }))
  },
}

/** Automerge: each run of an actor's changes, in the order of the bytes. A seed is nobody's. */
export const testedAutomerge: TestedEngine = {
  ...automerge,
  authorsOf(update) {
    const result = scanAutomerge(update, AUTOMERGE_LIMITS)
    if (!result.ok) throw new Error(result.detail)
    const ranges: { author: string; from: number; to: number }[] = []
    for (const chunk of result.chunks) {
      if (chunk.type !== 'change') throw new Error('other than plain changes')
      if (isSeedAuthor(chunk.actor)) continue
      const open = ranges.findLast(({ author }) => author === chunk.actor)
      if (open?.to === chunk.seq - 1) open.to = chunk.seq
      else ranges.push({ author: chunk.actor, from: chunk.seq - 1, to: chunk.seq })
    }
    return ranges
  },
}

/** A register. */
export function testedRegister(options: RegisterOptions): TestedEngine {
  return {
    ...registerEngine(options),
    authorsOf(update) {
      const { by, n } = readRegister(update)
      return [{ author: by, from: n - 1, to: n }]
    },
  }
}
