/** Entries as versions. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { VERSION_PAUSE_MS, VERSION_SPAN_MS, versionsOf } from '../../src/history/index.ts'
import type { Lineal } from '../../src/index.ts'

const MINUTE = 60_000

/** Who wrote, how many minutes after whoever wrote before. */
function lineage(...edits: readonly (readonly [subject: string, minutes: number])[]): Lineal[] {
  let at = 1_700_000_000_000
  return edits.map(([subject, minutes], index) => {
    at += minutes * MINUTE
    return { seq: 2 * index + 1, type: 'update', at, device: `of-${subject}`, n: index + 1, subject, bytes: 10 }
  })
}

function shapes(entries: readonly Lineal[], ...named: number[]): string[] {
  const names = named.map(seq => ({ seq, name: 'named', subject: 'ann', at: 0 }))
  return versionsOf(entries, names).map(({ authors, edits }) => `${authors.join('+')} ${edits}`)
}

test('what one person writes without a pause is one version, for an hour at most', () => {
  expect(shapes(lineage(['ann', 0], ['ann', 1], ['ann', 5], ['ann', 6], ['bob', 1]))).toEqual([
    'ann 3',
    'ann 1',
    'bob 1',
  ])
  expect(shapes(lineage(...Array.from({ length: 25 }, () => ['ann', 4] as const)))).toEqual(['ann 16', 'ann 9'])
})

test('who write at the same time write one version, and who take over from each other do not', () => {
  const turns = [['ann', 0], ['bob', 0.2], ['ann', 0.2], ['eve', 0.3], ['bob', 0.2], ['eve', 0.1]] as const // prettier-ignore
  expect(shapes(lineage(...turns))).toEqual(['ann+bob+eve 6'])
  expect(shapes(lineage(['ann', 0], ['bob', 2], ['ann', 2], ['bob', 2]))).toEqual(['ann 1', 'bob 1', 'ann 1', 'bob 1'])
})

test('a name ends a version, and what is kept as one is a beginning by itself', () => {
  const entries = lineage(['ann', 0], ['ann', 1], ['ann', 1], ['ann', 1])
  expect(shapes(entries, 3)).toEqual(['ann 2', 'ann 2'])
  expect(versionsOf(entries, [{ seq: 3, name: 'x', subject: 'bob', at: 1 }]).map(({ name }) => name?.name)).toEqual([
    'x',
    undefined,
  ])
  const folded = entries.map((entry, at) => (at === 0 ? { ...entry, type: 'snapshot' as const } : entry))
  expect(versionsOf(folded).map(({ beginning, edits }) => [beginning, edits])).toEqual([
    [true, 1],
    [false, 3],
  ])
})

const edits = fc.array(
  fc.tuple(
    fc.constantFrom('ann', 'bob', 'eve'),
    fc.constantFrom(0, 0.1, 0.5, 1, 2, 4, 6, -3, -20, 70),
    fc.constantFrom('update' as const, 'update' as const, 'snapshot' as const, 'void' as const),
    fc.boolean(),
  ),
  { maxLength: 60 },
)

test('every entry that says something is in one version, in order, and none is longer than it may be', () => {
  fc.assert(
    fc.property(edits, all => {
      const entries = lineage(...all.map(([subject, minutes]) => [subject, minutes] as const)).map((entry, at) => ({
        ...entry,
        type: all[at]?.[2] ?? ('update' as const),
      }))
      const said = entries.filter(({ type }) => type !== 'void')
      const names = said.filter((_, at) => all[at]?.[3] && at % 7 === 0).map(({ seq }) => ({ seq, name: 'n', subject: 'ann', at: 0 })) // prettier-ignore
      const versions = versionsOf(entries, names)
      let place = 0
      for (const { seq, first, authors, edits: count, from, to } of versions) {
        const within = said.slice(place, place + count)
        place += count
        expect([within[0]?.seq, within.at(-1)?.seq]).toEqual([first, seq])
        expect(authors).toEqual([...new Set(within.map(({ subject }) => subject))])
        const times = within.map(({ at }) => at)
        expect([from, to]).toEqual([Math.min(...times), Math.max(...times)])
        expect(to - from).toBeLessThanOrEqual(VERSION_SPAN_MS)
        for (const [at, time] of times.slice(1).entries())
          expect(Math.abs(time - (times[at] ?? 0))).toBeLessThanOrEqual(VERSION_PAUSE_MS)
      }
      expect(place).toBe(said.length)
      for (const { seq } of names) expect(versions.some(version => version.seq === seq)).toBe(true)
    }),
    { numRuns: 500 },
  )
})

test('nothing that one person wrote in one go is two versions', () => {
  fc.assert(
    fc.property(edits, all => {
      const entries = lineage(...all.map(([subject, minutes]) => [subject, minutes] as const))
      const versions = versionsOf(entries)
      for (const [at, later] of versions.slice(1).entries()) {
        const earlier = versions[at]
        if (earlier?.authors.length !== 1 || later.authors.length !== 1) continue
        if (earlier.authors[0] !== later.authors[0]) continue
        const [before, after] = [earlier.seq, later.first].map(seq => entries.find(one => one.seq === seq)?.at ?? 0)
        const isPause = Math.abs((after ?? 0) - (before ?? 0)) > VERSION_PAUSE_MS
        const span = Math.max(earlier.to, after ?? 0) - Math.min(earlier.from, after ?? 0)
        expect(isPause || span > VERSION_SPAN_MS).toBe(true)
      }
    }),
    { numRuns: 500 },
  )
})
