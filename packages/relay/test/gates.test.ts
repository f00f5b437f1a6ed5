import { stampOf, writeRegister, type AuthorHead } from '@joinery/core'
import { automergeSeed } from '@joinery/core/gate'
import { automerge } from '@joinery/adapters/engines/automerge'
import { yjs } from '@joinery/adapters/engines/yjs'
import { expect, test } from 'vitest'
import { hostileAutomerge } from '../../core/test/gate/grammar/automerge.ts'
import { hostileRegister } from '../../core/test/gate/grammar/registers.ts'
import { randomFrom, type RandomSource } from '../../core/test/gate/random.ts'
import { automergeGate, registerGate, yjsGate, type EngineGate, type Verdict } from '../src/index.ts'

/** Judges one after the other, as a log would; what is refused is not held. */
function judges(gate: EngineGate): {
  held: Map<string, AuthorHead>
  judge(bytes: Uint8Array, owner?: string, resupply?: boolean): Verdict
} {
  const held = new Map<string, AuthorHead>()
  return {
    held,
    judge(bytes, owner = 'phone@ann', resupply = false) {
      const scanned = gate.scan(bytes)
      if (!scanned.ok) return { verdict: 'refused', code: scanned.code, detail: scanned.detail }
      const verdict = gate.judge(scanned.scan, { author: id => held.get(id) }, { owner, resupply })
      if (verdict.verdict === 'new') for (const author of verdict.authors) held.set(author.author, author)
      return verdict
    },
  }
}

function automergeUpdates(author: string, edits: number): { updates: Uint8Array[]; version: Uint8Array } {
  const doc = automerge.open(author)
  const updates: Uint8Array[] = []
  doc.onUpdate(bytes => void updates.push(Uint8Array.from(bytes)))
  for (let i = 0; i < edits; i++) doc.map('m').set(`k${i}`, i)
  return { updates, version: doc.version() }
}

const codeOf = (verdict: Verdict): string => (verdict.verdict === 'refused' ? verdict.code : verdict.verdict)

test('[A3] an Automerge actor writes in order, once, from one device', () => {
  const { updates } = automergeUpdates('0a', 3)
  const one = judges(automergeGate())
  expect(codeOf(one.judge(updates[1]!))).toBe('GAP')
  expect(codeOf(one.judge(updates[0]!))).toBe('new')
  expect(codeOf(one.judge(updates[0]!))).toBe('CONFLICTING_AUTHORSHIP')
  expect(codeOf(one.judge(updates[1]!, 'laptop@ann'))).toBe('CONFLICTING_AUTHORSHIP')
  expect(codeOf(one.judge(updates[1]!))).toBe('new')
  expect([...one.held.values()]).toEqual([{ author: '0a', clock: 2, owner: 'phone@ann' }])
})

test('[R4] Automerge: what is given back may be known, binds nobody new, and leaves no gap', () => {
  const { updates } = automergeUpdates('0a', 3)
  const one = judges(automergeGate())
  one.judge(updates[0]!)
  const all = Uint8Array.from(updates.flatMap(bytes => [...bytes]))
  expect(codeOf(one.judge(all, 'laptop@bob', true))).toBe('new')
  expect([...one.held.values()]).toEqual([{ author: '0a', clock: 3, owner: 'phone@ann' }])
  expect(codeOf(one.judge(all, 'laptop@bob', true))).toBe('known')
  const other = judges(automergeGate())
  expect(codeOf(other.judge(updates[2]!, 'laptop@bob', true))).toBe('GAP')
  expect(codeOf(other.judge(all, 'laptop@bob', true))).toBe('new')
  expect([...other.held.values()]).toEqual([{ author: '0a', clock: 3, owner: '' }])
})

test('an Automerge seed is nobody’s, however often it comes', () => {
  const one = judges(automergeGate())
  for (const owner of ['phone@ann', 'laptop@bob'])
    expect(one.judge(automergeSeed('body'), owner)).toEqual({ verdict: 'new', authors: [] })
})

test('[R4] Automerge: a device is asked for what it has and the log does not', () => {
  const { version } = automergeUpdates('0a', 3)
  const gate = automergeGate()
  const wanted = gate.wants(version, [{ author: '0a', clock: 2, owner: '' }])
  expect(new TextDecoder().decode(wanted?.version)).toBe('0a 2')
  expect(gate.wants(version, [{ author: '0a', clock: 3, owner: '' }])).toBeUndefined()
  expect(gate.wants(new Uint8Array([0xff, 0xfe]), [])).toEqual({ version: new Uint8Array() })
  // What the gate asks with is a version to the engine.
  const doc = automerge.open('0b')
  expect(() => doc.encode(wanted!.version)).not.toThrow()
})

test('[R4] Yjs: a device is asked for structs that are lacking, and for deletes, which heads do not show, unless they are stored', () => {
  const gate = yjsGate()
  const doc = yjs.open('7')
  doc.text('t').insert(0, 'hello')
  const held = (clock: number): AuthorHead[] => [{ author: '7', clock, owner: '' }]
  expect(gate.wants(doc.version(), held(5))).toBeUndefined()
  const wanted = gate.wants(doc.version(), held(3))
  const rest = doc.encode(wanted!.version)
  expect(gate.scan(rest!)).toMatchObject({ ok: true, scan: { authors: [{ author: 7, from: 3, to: 5 }] } })
  expect(wanted?.unless).toBeUndefined()
  doc.text('t').delete(0, 1)
  // No structs; of author 7 the first clock.
  expect(gate.wants(doc.version(), held(5))?.unless).toEqual(new Uint8Array([0, 1, 7, 1, 0, 1]))
  for (const damaged of [new Uint8Array(), new Uint8Array([9]), new Uint8Array([0, 255, 255, 255, 255, 15])]) {
    expect(gate.wants(damaged, held(5))).toEqual({ version: new Uint8Array() })
  }
})

test('a register command is its author’s, newer than his last, and not from the future', () => {
  const gate = registerGate()
  const command = (n: number, by = 'ann', at = 5): Uint8Array =>
    writeRegister({ turn: n, at, by, n, value: { play: { n } } })
  const one = judges(gate)
  expect(codeOf(one.judge(command(1)))).toBe('new')
  expect(codeOf(one.judge(command(1)))).toBe('CONFLICTING_AUTHORSHIP')
  expect(codeOf(one.judge(command(3)))).toBe('new')
  expect(codeOf(one.judge(command(4), 'laptop@bob'))).toBe('CONFLICTING_AUTHORSHIP')
  expect(codeOf(one.judge(command(2), 'laptop@bob', true))).toBe('known')
  expect(codeOf(one.judge(new Uint8Array([1, 2, 3])))).toBe('BAD_UPDATE')
  const far = gate.scan(command(1, 'ann', Number.MAX_SAFE_INTEGER))
  expect(far.ok && far.stampMax).toMatch(/^~v{10}/)
  // Nor may its turn be the last: whoever comes next has none.
  const turns = (turn: number): string | false | undefined => {
    const scanned = gate.scan(writeRegister({ turn, at: 5, by: 'ann', n: 1, value: { play: { rate: 1 } } }))
    return scanned.ok && scanned.stampMax
  }
  expect(turns(Number.MAX_SAFE_INTEGER)).toBe(far.ok && far.stampMax)
  expect([turns(4), turns(1_900_000_000_000)]).toEqual([stampOf(5, 0), stampOf(1_900_000_000_000, 0)])
  expect(gate.wants(command(3), [{ author: 'ann', clock: 3, owner: '' }])).toBeUndefined()
  expect(gate.wants(command(3), [])).toEqual({ version: new Uint8Array() })
})

const HOSTILE: readonly {
  readonly engine: string
  readonly gate: EngineGate
  readonly make: (random: RandomSource) => Uint8Array
}[] = [
  { engine: 'automerge', gate: automergeGate(), make: hostileAutomerge },
  { engine: 'register', gate: registerGate(), make: hostileRegister },
]

test.each(HOSTILE)(
  '[CR-24] no payload made by grammar makes the gate of $engine throw, or moves a head that it was refused for',
  ({ gate, make }) => {
    const random = randomFrom(31)
    const outcomes = new Set<string>()
    for (let siege = 0; siege < 40; siege++) {
      const one = judges(gate)
      for (let i = 0; i < 60; i++) {
        const before = [...one.held.values()]
        const verdict = one.judge(make(random), random.chance(0.1) ? 'laptop@bob' : 'phone@ann', random.chance(0.1))
        outcomes.add(codeOf(verdict))
        if (verdict.verdict !== 'new') expect([...one.held.values()]).toEqual(before)
      }
    }
    expect([...outcomes]).toEqual(expect.arrayContaining(['new', 'known', 'BAD_UPDATE', 'CONFLICTING_AUTHORSHIP']))
  },
)
