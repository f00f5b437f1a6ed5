// What the judge says of a sound update, against what is held.
import { expect, test } from 'vitest'
import * as Y from 'yjs'
import { judgeYjs, type Verdict } from '@joinery/core/gate'
import { any, by, deleted, gc, item, MAP, text, type, update, type Id, type Place, type SectionSpec } from './craft.ts'
import { counted } from './counted.ts'
import { READS_A_BYTE, scanned } from './expecting.ts'
import { held, type Held } from './held.ts'

const me = { owner: 'me' }
const resupplying = { owner: 'me', resupply: true }

function judged(bytes: Uint8Array, head: Held, by: { owner: string; resupply?: boolean } = me): Verdict {
  return judgeYjs(scanned(bytes), head, by)
}

test('what continues a head is new, and moves it', () => {
  const head = held()
  const first = judged(by(7, item(text('abc'))), head)
  expect(first).toEqual({ verdict: 'new', authors: [{ author: 7, from: 0, to: 3, owner: 'me' }] })
  head.record(first)
  const next = judged(update([{ author: 7, clock: 3, structs: [item(text('d'), { left: [7, 2] })] }]), head)
  expect(next).toEqual({ verdict: 'new', authors: [{ author: 7, from: 3, to: 4, owner: 'me' }] })
})

test('[CR-04] 4,000 gapped updates are a gap each, for a bounded number of looks, and leave nothing behind', () => {
  const head = held([[7, 10]], 'me')
  const before = [...head.clocks]
  for (let i = 0; i < 4_000; i++) {
    const watched = counted(
      update([{ author: 7, clock: 12 + 2 * i, structs: [item(text('x'), { left: [7, 11 + 2 * i] })] }]),
    )
    const asked = head.asked()
    expect(judged(watched.bytes, head)).toEqual({ verdict: 'gap', author: 7, have: 10, need: 12 + 2 * i })
    expect(watched.reads()).toBeLessThanOrEqual(watched.bytes.length * READS_A_BYTE)
    expect(head.asked() - asked).toBeLessThanOrEqual(6)
  }
  expect([...head.clocks]).toEqual(before)
  // What closes the first gap is taken as if the others had never come.
  expect(judged(update([{ author: 7, clock: 10, structs: [item(text('xy'))] }]), head)).toMatchObject({
    verdict: 'new',
  })
})

test.each<[string, (id: Id) => Place]>([
  ['origin', id => ({ left: id })],
  ['right origin', id => ({ right: id })],
  ['right origin after a known origin', id => ({ left: [8, 0], right: id })],
  ['parent', id => ({ parent: id })],
  ['parent with a key', id => ({ parent: id, key: 'k' })],
])('[CR-05] a struct whose %s is not there is a gap', (_name, place) => {
  const head = held([[8, 5]], 'other')
  expect(judged(by(7, item(text('x'), place([8, 4]))), head)).toMatchObject({ verdict: 'new' })
  expect(judged(by(7, item(text('x'), place([8, 5]))), head)).toEqual({ verdict: 'gap', author: 8, have: 5, need: 6 })
  expect(judged(by(7, item(text('x'), place([9, 0]))), head)).toEqual({ verdict: 'gap', author: 9, have: 0, need: 1 })
})

test('[CR-05] what the update brings itself is no gap, wherever in the bytes it stands', () => {
  for (const [first, second] of [
    [7, 9],
    [9, 7],
  ] as const) {
    // prettier-ignore
    const sections: SectionSpec[] = [
      { author: first, clock: 0, structs: [item(type(MAP), { parent: 'root', key: 'k' })] },
      { author: second, clock: 0, structs: [item(any(1), { parent: [first, 0], key: 'a' })] },
    ]
    for (const order of [sections, sections.toReversed()]) {
      expect(scanned(update(order)).references).toEqual([])
      expect(judged(update(order), held())).toMatchObject({ verdict: 'new' })
    }
    sections[1] = { author: second, clock: 0, structs: [item(any(1), { left: [first, 1] })] }
    expect(judged(update(sections), held())).toEqual({ verdict: 'gap', author: first, have: 0, need: 2 })
  }
})

test('[CR-05] of many references the greatest clock of each author is kept', () => {
  const structs = [[8, 3], [9, 1], [8, 7], [8, 5], [9, 0]].map(([author, clock]) => item(text('x'), { left: [author as number, clock as number] })) // prettier-ignore
  expect(scanned(by(7, ...structs)).references).toEqual([
    { author: 8, clock: 7 },
    { author: 9, clock: 1 },
  ])
})

test('[CR-08] another history under the same clocks is refused: whole, in part, or below', () => {
  const head = held([[7, 10]], 'me')
  for (const [clock, content] of [
    [0, 'other text'],
    [8, 'xyz'],
    [3, 'x'],
    [9, 'xy'],
    [0, 'longer than what is there'],
  ] as const) {
    // prettier-ignore
    expect(judged(update([{ author: 7, clock, structs: [item(text(content))] }]), head)).toMatchObject({
      verdict: 'refused',
      code: 'CONFLICTING_AUTHORSHIP',
    })
  }
})

test("[CR-09] another owner's author is refused, also when the clock would fit", () => {
  const head = held([[7, 10]], 'somebody else')
  for (const clock of [0, 10, 99]) {
    const verdict = judged(update([{ author: 7, clock, structs: [item(text('x'))] }]), head)
    expect(verdict).toMatchObject({ verdict: 'refused', code: 'CONFLICTING_AUTHORSHIP' })
  }
  // One such author among one's own spoils the update.
  const mixed = update([
    { author: 3, clock: 0, structs: [item(text('mine'))] },
    { author: 7, clock: 10, structs: [item(text('not'))] },
  ])
  expect(judged(mixed, head)).toMatchObject({ verdict: 'refused', code: 'CONFLICTING_AUTHORSHIP' })
})

test('[CR-09] who refers to and deletes what others wrote is no conflict', () => {
  const head = held([[7, 10]], 'somebody else')
  const edit = update([{ author: 3, clock: 0, structs: [item(text('x'), { left: [7, 9] })] }], [{ author: 7, ranges: [[0, 10]] }]) // prettier-ignore
  expect(judged(edit, head)).toEqual({ verdict: 'new', authors: [{ author: 3, from: 0, to: 1, owner: 'me' }] })
})

test("[CR-10] garbage is legal under one's own author, and swallows nobody else's clocks", () => {
  expect(judged(by(7, gc(5)), held())).toEqual({
    verdict: 'new',
    authors: [{ author: 7, from: 0, to: 5, owner: 'me' }],
  })
  expect(judged(by(7, gc(5)), held([[7, 0], [8, 3]], 'victim'))).toMatchObject({ code: 'CONFLICTING_AUTHORSHIP' }) // prettier-ignore
  expect(judged(update([{ author: 7, clock: 3, structs: [gc(5)] }]), held([[7, 1]], 'me'))).toMatchObject({
    verdict: 'gap',
  })
})

test('[CR-11] a delete of clocks that are not there is refused, whoever they would be', () => {
  const head = held([[7, 10]], 'somebody else')
  const deleting = (author: number, ...ranges: [number, number][]): Verdict =>
    judged(update([], [{ author, ranges }]), head)
  expect(deleting(7, [0, 10])).toEqual({ verdict: 'new', authors: [] })
  expect(deleting(7, [0, 1], [9, 1])).toEqual({ verdict: 'new', authors: [] })
  for (const ranges of [
    [[10, 1]],
    [[9, 2]],
    [
      [0, 1],
      [5, 100],
    ],
    [[1000, 1]],
  ] as [number, number][][]) {
    // prettier-ignore
    expect(deleting(7, ...ranges)).toMatchObject({ verdict: 'refused', code: 'DELETES_UNKNOWN' })
  }
  expect(deleting(8, [0, 1])).toMatchObject({ verdict: 'refused', code: 'DELETES_UNKNOWN' })
})

test('[CR-11] what an update brings it may delete', () => {
  const both = (length: number): Uint8Array => update([{ author: 7, clock: 0, structs: [item(text('abc'))] }], [{ author: 7, ranges: [[1, length]] }]) // prettier-ignore
  expect(judged(both(2), held())).toMatchObject({ verdict: 'new' })
  expect(judged(both(3), held())).toMatchObject({ verdict: 'refused', code: 'DELETES_UNKNOWN' })
})

test('a refusal for authorship comes before a gap, and a gap before deletes', () => {
  const head = held([[7, 10]], 'somebody else')
  const everything = update(
    [
      { author: 3, clock: 5, structs: [item(text('x'))] },
      { author: 7, clock: 10, structs: [item(deleted(1))] },
    ],
    [{ author: 9, ranges: [[0, 1]] }],
  )
  expect(judged(everything, head)).toMatchObject({ verdict: 'refused', code: 'CONFLICTING_AUTHORSHIP' })
  const rest = update([{ author: 3, clock: 5, structs: [item(text('x'))] }], [{ author: 9, ranges: [[0, 1]] }])
  expect(judged(rest, head)).toMatchObject({ verdict: 'gap', author: 3 })
})

test("[R4] a device gives back others' structs, whose owner stays who it was, or nobody", () => {
  const lost = update([
    { author: 9, clock: 0, structs: [item(text('abc'))] },
    { author: 8, clock: 0, structs: [gc(4)] },
    { author: 7, clock: 0, structs: [item(text('some'))] },
  ])
  expect(judged(lost, held([[8, 2]], 'tablet'), resupplying)).toEqual({
    verdict: 'new',
    authors: [
      { author: 9, from: 0, to: 3, owner: undefined },
      { author: 8, from: 2, to: 4, owner: 'tablet' },
      { author: 7, from: 0, to: 4, owner: undefined },
    ],
  })
  expect(judged(lost, held([[9, 3], [8, 4], [7, 9]], 'tablet'), resupplying)).toEqual({ verdict: 'known' }) // prettier-ignore
  expect(judged(lost, held([[9, 3], [8, 4], [7, 9]], 'tablet'))).toMatchObject({ verdict: 'refused' }) // prettier-ignore
})

test('[R4] what is given back still has no gaps and no deletes of the unknown', () => {
  expect(judged(update([{ author: 9, clock: 2, structs: [gc(1)] }]), held(), resupplying)).toMatchObject({
    verdict: 'gap',
  })
  expect(judged(by(9, item(text('x'), { left: [8, 0] })), held(), resupplying)).toMatchObject({
    verdict: 'gap',
    author: 8,
  })
  expect(judged(update([], [{ author: 9, ranges: [[0, 1]] }]), held(), resupplying)).toMatchObject({
    code: 'DELETES_UNKNOWN',
  })
  expect(judged(update([], [{ author: 9, ranges: [[0, 1]] }]), held([[9, 1]]), resupplying)).toEqual({
    verdict: 'new',
    authors: [],
  })
})

test('[D3] what changes nothing is known', () => {
  expect(judged(update([]), held())).toEqual({ verdict: 'known' })
  expect(judged(Y.encodeStateAsUpdate(new Y.Doc()), held([[1, 1]], 'x'))).toEqual({ verdict: 'known' })
})

test('a judgement asks the head a bounded number of times for each author', () => {
  const sections = Array.from({ length: 1_000 }, (_, i) => ({
    author: 5_000 - i,
    clock: 0,
    structs: [item(text('ab'))],
  }))
  const deletes = sections.map(({ author }) => ({ author, ranges: [[0, 1]] as const }))
  const head = held()
  expect(judged(update(sections, deletes), head)).toMatchObject({ verdict: 'new' })
  expect(head.asked()).toBeLessThanOrEqual(6 * 1_000)
})
