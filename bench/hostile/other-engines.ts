// Automerge chunks and register states through the relay's gates: what they take must be what the engines can read, or throw on whole.
import { automerge } from '@joinery/adapters/engines/automerge'
import { readRegister, type AuthorHead } from '@joinery/core'
import { automergeGate, registerGate, type EngineGate } from '../../packages/relay/src/index.ts'
import { hostileAutomerge } from '../../packages/core/test/gate/grammar/automerge.ts'
import { hostileRegister } from '../../packages/core/test/gate/grammar/registers.ts'
import { randomFrom, type RandomSource } from '../../packages/core/test/gate/random.ts'

const SIEGE = 60
const TRIES = 3

export interface OtherEngines {
  readonly outcomes: Map<string, number>
  slowestScanMs: number
  slowestApplyMs: number
}

export function attackOtherEngines(count: number, seed: number): OtherEngines {
  const sum: OtherEngines = { outcomes: new Map(), slowestScanMs: 0, slowestApplyMs: 0 }
  const random = randomFrom(seed)
  const automergeCount = Math.floor(count * 0.8)
  for (let sent = 0; sent < automergeCount; sent += SIEGE) {
    const doc = automerge.open('0f')
    besiege(sum, random, automergeGate(), hostileAutomerge, update => doc.apply(update))
    doc.close()
  }
  for (let sent = automergeCount; sent < count; sent += SIEGE) {
    besiege(sum, random, registerGate(), hostileRegister, update => void readRegister(update))
  }
  return sum
}

function besiege(
  sum: OtherEngines,
  random: RandomSource,
  gate: EngineGate,
  make: (random: RandomSource) => Uint8Array,
  apply: (update: Uint8Array) => void,
): void {
  const held = new Map<string, AuthorHead>()
  const judge = (update: Uint8Array): ReturnType<EngineGate['judge']> => {
    const scanned = gate.scan(update)
    if (!scanned.ok) return { verdict: 'refused', code: scanned.code, detail: scanned.detail }
    return gate.judge(scanned.scan, { author: id => held.get(id) }, { owner: 'me', resupply: false })
  }
  for (let i = 0; i < SIEGE; i++) {
    const update = make(random)
    let ms = Infinity
    let verdict = judge(update)
    for (let attempt = 0; attempt < TRIES && ms > sum.slowestScanMs; attempt++) {
      const start = performance.now()
      verdict = judge(update)
      ms = Math.min(ms, performance.now() - start)
    }
    if (ms !== Infinity) sum.slowestScanMs = Math.max(sum.slowestScanMs, ms)
    let outcome = `${gate.engine}: ${verdict.verdict === 'refused' ? verdict.code : verdict.verdict}`
    if (verdict.verdict === 'new') {
      for (const head of verdict.authors) held.set(head.author, head)
      const start = performance.now()
      try {
        apply(update)
      } catch {
        outcome = `${gate.engine}: new, and the engine throws on it`
      }
      sum.slowestApplyMs = Math.max(sum.slowestApplyMs, performance.now() - start)
    }
    sum.outcomes.set(outcome, (sum.outcomes.get(outcome) ?? 0) + 1)
  }
}
