// Folders that the real y-leveldb wrote.
import type { OldDocument } from '@joinery/core'
import { ClassicLevel } from 'classic-level'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { keyEncoding, LeveldbPersistence } from 'y-leveldb'
import * as Y from 'yjs'
import { yLevelDb } from '../../src/import/y-leveldb.ts'

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'joinery-old-'))
  onTestFinished(() => rmSync(path, { recursive: true, force: true }))
  return path
}

/** As its server stores it: an update at a time. */
async function store(path: string, documents: Readonly<Record<string, readonly string[]>>): Promise<void> {
  const old = new LeveldbPersistence(path, {})
  for (const [name, words] of Object.entries(documents)) {
    const doc = new Y.Doc()
    const updates: Uint8Array[] = []
    doc.on('update', update => updates.push(update))
    for (const word of words) doc.getText('body').insert(doc.getText('body').length, word)
    for (const update of updates) await old.storeUpdate(name, update)
  }
  await old.destroy()
}

/** With its server's own encoding of keys, other things than it writes. */
async function tamper(path: string, work: (level: ClassicLevel<Uint8Array, Uint8Array>) => Promise<void>) {
  const level = new ClassicLevel<Uint8Array, Uint8Array>(path, { keyEncoding: 'view', valueEncoding: 'view' })
  await level.open()
  await work(level)
  await level.close()
}

const keyOf = (...parts: (string | number)[]): Uint8Array => new Uint8Array(keyEncoding.encode(parts))

async function read(path: string): Promise<OldDocument[]> {
  const old = await yLevelDb({ folder: path })
  const documents = await Array.fromAsync(old.documents())
  await old.close()
  return documents
}

function textOf({ updates }: OldDocument): string {
  const doc = new Y.Doc()
  for (const { bytes } of updates) Y.applyUpdate(doc, bytes)
  return doc.getText('body').toJSON()
}

test('each document comes once, with its updates in their order, whatever it is called', async () => {
  const path = folder()
  const names = ['a', 'b', 'team/plan', 'my%20room', '計画', 'v1', 'update', 'x'.repeat(300), '']
  const words = Array.from({ length: 300 }, (_, i) => `${i} `)
  await store(path, Object.fromEntries(names.map(name => [name, name === 'b' ? words : [name, '!']])))
  const old = new LeveldbPersistence(path, {})
  await old.setMeta('a', 'created', 12)
  await old.flushDocument('team/plan')
  await old.destroy()

  const documents = await read(path)
  expect(new Set(documents.map(({ name }) => name))).toEqual(new Set(names))
  expect(documents).toHaveLength(names.length)
  expect(documents.flatMap(({ damaged }) => damaged)).toEqual([])
  for (const document of documents) {
    const { name } = document
    expect(textOf(document)).toBe(name === 'b' ? words.join('') : `${name}!`)
  }
  expect(documents.find(({ name }) => name === 'b')?.updates).toHaveLength(300)
  expect(documents.find(({ name }) => name === 'team/plan')?.updates).toHaveLength(1)
})

test('what is lost is named, and nothing else with it', async () => {
  const path = folder()
  await store(path, { whole: ['1', '2', '3'], holed: ['1', '2', '3', '4', '5'] })
  await tamper(path, async level => {
    await level.del(keyOf('v1', 'holed', 'update', 2))
    await level.put(Uint8Array.of(0, 2, 0x76, 0x31, 9, 9), Uint8Array.of(1))
    await level.put(keyOf('v1', 'whole', 'update', 'three'), Uint8Array.of(1))
  })
  const documents = await read(path)
  expect(documents.map(({ name, updates, damaged }) => [name, updates.length, damaged])).toEqual([
    ['holed', 4, [{ row: 'update 2', reason: 'missing' }]],
    ['whole', 3, []],
    [
      undefined,
      0,
      [
        { row: expect.stringMatching(/^key 00027631/), reason: 'its key cannot be read' },
        { row: 'key 000276310909', reason: 'its key cannot be read' },
      ],
    ],
  ])
})

test('a damaged block of a file takes its rows along, and that is said; what is in other blocks is there', async () => {
  const path = folder()
  const names = Array.from({ length: 40 }, (_, i) => `d${i + 10}`)
  await store(path, Object.fromEntries(names.map(name => [name, [`${name} `.repeat(300), 'end']])))
  await tamper(path, level => level.compactRange(Uint8Array.of(0), Uint8Array.of(0xff)))
  const tables = readdirSync(path).filter(name => name.endsWith('.ldb'))
  for (const table of tables) {
    const bytes = readFileSync(join(path, table))
    bytes.fill(0xff, 2_000, 2_400)
    writeFileSync(join(path, table), bytes)
  }
  const documents = await read(path)
  expect(documents.at(-1)).toMatchObject({ name: undefined, damaged: [{ row: 'a block of the folder' }] })
  const isWhole = (document: OldDocument): boolean => textOf(document) === `${`${document.name} `.repeat(300)}end`
  const whole = documents.slice(0, -1).filter(isWhole)
  expect(whole.length).toBeGreaterThan(20)
  expect(whole.length).toBeLessThan(names.length)
})

test('a folder that is none, and one whose server still runs, are refused with a sentence; nothing is made', async () => {
  const path = folder()
  await expect(yLevelDb({ folder: path })).rejects.toMatchObject({
    code: 'BAD_INPUT',
    details: { sentence: `There is no LevelDB in ${path}.` },
  })
  expect(readdirSync(path)).toEqual([])
  await store(path, { a: ['1'] })
  await tamper(path, async () => {
    await expect(yLevelDb({ folder: path })).rejects.toMatchObject({
      code: 'UNAVAILABLE',
      details: { reason: 'locked', sentence: expect.stringContaining('stop the old server') },
    })
  })
  expect(await read(path)).toHaveLength(1)
})
