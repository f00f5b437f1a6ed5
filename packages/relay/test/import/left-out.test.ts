// What cannot be taken over is named, and nothing else is lost with it.
import { memoryStore, seededRandom } from '@joinery/core/testing'
import { systemClock } from '@joinery/adapters/clock/system'
import type { OldDocument, OldDocuments, Store } from '@joinery/core'
import { afterAll, expect, test } from 'vitest'
import * as Y from 'yjs'
import { importDocuments, type ImportOutcome } from '../../src/import/import-documents.ts'
import { importGate } from '../../src/import/import-gate.ts'
import { storeTarget } from '../../src/import/store-target.ts'
import { summaryOf } from '../../src/import/summary.ts'
import type { ImportTarget } from '../../src/import/target.ts'
import { createCounters } from '../../src/metrics/counters.ts'
import { createWorkers } from '../../src/workers/workers.ts'
import { BOMBS } from '../../../core/test/gate/bombs.ts'

const SILENT = { info: () => undefined, warn: () => undefined, error: () => undefined }
const clock = systemClock()
const workers = createWorkers({ url: new URL('../../src/main-worker.ts', import.meta.url), clock, log: SILENT })

afterAll(workers.close)

function sourceOf(documents: readonly OldDocument[]): OldDocuments {
  return {
    async *documents() {
      yield* documents
    },
    close: async () => undefined,
  }
}

function old(name: string, ...updates: Uint8Array[]): OldDocument {
  return { name, updates: updates.map((bytes, at) => ({ row: `update ${at}`, bytes })), damaged: [] }
}

/** The updates of somebody who types these words. */
function typed(...words: string[]): Uint8Array[] {
  const doc = new Y.Doc()
  const updates: Uint8Array[] = []
  doc.on('update', update => updates.push(update))
  for (const word of words) doc.getText('body').insert(doc.getText('body').length, word)
  return updates
}

function into(store: Store): ImportTarget {
  return storeTarget({
    store,
    space: 'garden',
    subject: 'import',
    clock,
    random: seededRandom(1),
    gate: importGate(),
    turn: async () => undefined,
    log: SILENT,
    counters: createCounters(),
  })
}

async function run(documents: readonly OldDocument[], target: ImportTarget = into(memoryStore())) {
  const outcomes: ImportOutcome[] = []
  await importDocuments({
    source: sourceOf(documents),
    target,
    roomOf: name => name,
    gate: importGate(),
    replay: updates => workers.replay('yjs', updates),
    isDryRun: false,
    tell: outcome => outcomes.push(outcome),
  })
  return outcomes
}

async function textIn(target: ImportTarget, document: string): Promise<string> {
  const doc = new Y.Doc()
  for (const update of (await target.held(document))?.updates ?? []) Y.applyUpdate(doc, update)
  return doc.getText('body').toJSON()
}

test('[CR-01, CR-02] a damaged or hostile row costs itself', async () => {
  const target = into(memoryStore())
  const [first, second, third] = typed('one ', 'two ', 'three') as [Uint8Array, Uint8Array, Uint8Array]
  const bombs = BOMBS.map(([, bytes]) => bytes)
  const outcomes = await run(
    [old('plan', first, Uint8Array.of(1, 2, 3), second, ...bombs, third), old('bombs', ...bombs), old('next', first)],
    target,
  )
  expect(outcomes.map(({ name, outcome, reason }) => [name, outcome, reason])).toEqual([
    ['plan', 'imported', undefined],
    ['bombs', 'left', 'none of its rows can be read'],
    ['next', 'imported', undefined],
  ])
  expect(outcomes[0]?.rows).toHaveLength(1 + bombs.length)
  expect(outcomes[0]?.rows[0]).toEqual({
    row: 'update 1',
    reason: expect.stringMatching(/^BAD_UPDATE: This edit is damaged/),
  })
  expect(await textIn(target, 'plan')).toBe('one two three')
  const summary = summaryOf(false)
  for (const outcome of outcomes) summary.tell(outcome)
  expect(summary.isWhole()).toBe(false)
  expect(summary.lines()[0]).toMatch(/^left out: "plan", update 1: BAD_UPDATE/)
  expect(summary.lines().at(-2)).toBe(
    `3 documents: 2 imported, 0 grown, 0 unchanged, 0 empty, 1 left; ${1 + 2 * bombs.length} rows left out`,
  )
})

test('[CR-04] what waits for a row that is lost is left out and said; the rest of the document is there', async () => {
  const target = into(memoryStore())
  const [first, second, third] = typed('one ', 'two ', 'three') as [Uint8Array, Uint8Array, Uint8Array]
  const [other] = typed('other ') as [Uint8Array]
  const [outcome] = await run(
    [{ ...old('plan', first, other, third), damaged: [{ row: 'update 1', reason: 'missing' }] }],
    target,
  )
  expect(outcome).toMatchObject({
    outcome: 'imported',
    rows: [
      { row: 'update 1', reason: 'missing' },
      { row: 'a part of it', reason: 'it waits for edits that are not here' },
    ],
  })
  expect([...(await textIn(target, 'plan')).split(' ')].sort()).toEqual(['', 'one', 'other'])
  // With the row, all of it: nothing that is stored is in the way.
  const [again] = await run([old('plan', first, second, third, other)], target)
  expect(again).toMatchObject({ outcome: 'grown', rows: [] })
  expect(await textIn(target, 'plan')).toMatch(/^(other )?one two three(other )?$/)
})

test(
  '[TOO_LARGE, CR-07] a document that no relay takes is left, with why; one that years of sessions wrote is taken',
  { timeout: 60_000 },
  async () => {
    const crowd = Array.from({ length: 4_100 }, () => typed('x')).flat()
    const outcomes = await run([
      old('large', ...typed('x'.repeat(17_000_000))),
      old('parts', ...typed(...Array.from({ length: 3 }, () => 'y'.repeat(6_000_000)))),
      old('crowd', ...crowd),
      old('next', ...typed('here')),
    ])
    expect(outcomes.map(({ name, outcome, reason }) => [name, outcome, reason?.slice(0, 16) ?? ''])).toEqual([
      ['large', 'left', 'none of its rows'],
      ['parts', 'left', 'TOO_LARGE: This '],
      ['crowd', 'imported', ''],
      ['next', 'imported', ''],
    ])
  },
)

test('two rooms are never one document; what is purged here stays so; empty documents are counted and make nothing', async () => {
  const store = memoryStore()
  const target = into(store)
  const [first] = typed('one') as [Uint8Array]
  const doc = new Y.Doc()
  const outcomes = await run(
    [
      old('plan', first),
      old('plan', ...typed('two')),
      old('none'),
      old('empty', Y.encodeStateAsUpdate(doc)),
      { name: undefined, updates: [], damaged: [{ row: 'row 3', reason: 'its name is no text' }] },
    ],
    target,
  )
  expect(outcomes.map(({ outcome, reason }) => [outcome, reason])).toEqual([
    ['imported', undefined],
    ['left', 'the same room as "plan"'],
    ['empty', undefined],
    ['empty', undefined],
    ['left', 'nobody knows whose rows these are'],
  ])
  expect(await store.document('garden', 'empty')).toBe(undefined)
  expect(await textIn(target, 'plan')).toBe('one')
})

test('an import that is broken off goes on where it was', async () => {
  const target = into(memoryStore())
  let given = 0
  const broken: ImportTarget = {
    ...target,
    give: (document, kind, update) => {
      given += 1
      return given > 2 ? Promise.reject(new Error('the plug')) : target.give(document, kind, update)
    },
  }
  const documents = ['a', 'b', 'c', 'd'].map(name => old(name, ...typed(name)))
  await expect(run(documents, broken)).rejects.toThrow('the plug')
  const outcomes = await run(documents, target)
  expect(outcomes.map(({ outcome }) => outcome)).toEqual(['unchanged', 'unchanged', 'imported', 'imported'])
})

test('[D2] a document in which something was voided is taken on with as any other', async () => {
  const store = memoryStore()
  const room = old('a', ...typed('one'))
  await run([room], into(store))
  const voided: Store = {
    ...store,
    async body(space, document) {
      const entries = await store.body(space, document)
      return [
        ...entries,
        ...entries.map(entry => ({ ...entry, type: 'void', bytes: new Uint8Array([9, 9, 9]) }) as const),
      ]
    },
  }
  const outcomes = await run([room], into(voided))
  expect(outcomes.map(({ outcome }) => outcome)).toEqual(['unchanged'])
})

test('[DU-11] what was written is read back: a store that keeps something else is found out', async () => {
  const target = into(memoryStore())
  const forgetful: ImportTarget = {
    ...target,
    give: (document, kind) => target.give(document, kind, typed('else')[0] as Uint8Array),
  }
  const [outcome] = await run([old('plan', ...typed('one'))], forgetful)
  expect(outcome).toMatchObject({ outcome: 'left', reason: 'what was written is not all of it' })
})
