/** The gate of register documents: the relay reads them. Each command is a whole state, so a gap in an author's commands loses nothing. */
import { JoineryError, readRegister, stampOf, type RegisterState } from '@joinery/core'
import { defineGate, EVERYTHING, type EngineGate } from './gate.ts'

type Command = Pick<RegisterState, 'by' | 'n'>

/** What a stamp can say. */
const LATEST = 32 ** 10 - 1

/**
 * The gate of the engine `register`.
 *
 * @example
 * ```ts
 * import assert from 'node:assert'
 * import { writeRegister } from '@joinery/core'
 * import { registerGate } from '@joinery/relay'
 *
 * const gate = registerGate()
 * const scanned = gate.scan(writeRegister({ turn: 1, at: 5, by: 'ann', n: 1, value: { play: { rate: 1 } } }))
 * assert.ok(scanned.ok)
 * const verdict = gate.judge(scanned.scan, { author: () => undefined }, { owner: 'phone@ann', resupply: false })
 * assert.deepEqual(verdict, { verdict: 'new', authors: [{ author: 'ann', clock: 1, owner: 'phone@ann' }] })
 * ```
 */
export function registerGate(): EngineGate {
  return defineGate<Command>({
    engine: 'register',
    scan(bytes) {
      try {
        const { by, n, at, turn } = readRegister(bytes)
        // A command that says it is from the future would win for ever; and one whose turn is the last, since nobody has a later one. Turns
        // are counted, so that in a thousand a second since 1970 they are behind the time.
        return { ok: true, scan: { by, n }, stampMax: stampOf(Math.min(Math.max(at, turn), LATEST), 0) }
      } catch (error) {
        if (error instanceof JoineryError) return { ok: false, code: 'BAD_UPDATE', detail: 'no state of a register' }
        throw error
      }
    },
    judge({ by, n }, held, { owner, resupply }) {
      const author = held.author(by)
      const have = author?.clock ?? 0
      if (n <= have) {
        if (resupply) return { verdict: 'known' }
        return { verdict: 'refused', code: 'CONFLICTING_AUTHORSHIP', detail: `author ${by} gave command ${n} before` }
      }
      const bound = author?.owner || undefined
      if (bound !== undefined && bound !== owner && !resupply) {
        return { verdict: 'refused', code: 'CONFLICTING_AUTHORSHIP', detail: `author ${by} is another owner's` }
      }
      return { verdict: 'new', authors: [{ author: by, clock: n, owner: bound ?? (resupply ? '' : owner) }] }
    },
    wants(version, authors) {
      if (version.length === 0) return undefined
      try {
        const { by, n } = readRegister(version)
        const have = authors.find(({ author }) => author === by)?.clock ?? 0
        return n > have ? EVERYTHING : undefined
      } catch {
        return undefined
      }
    },
  })
}
