// Files in the form of @hocuspocus/extension-sqlite; those that its server wrote are read in the relay's tests.
import { mkdtempSync, rmSync, writeFileSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { Database } from '../../src/better-sqlite3.ts'
import { hocuspocusSqlite } from '../../src/import/hocuspocus-sqlite.ts'

const SCHEMA = 'CREATE TABLE documents (name varchar(255) NOT NULL, data blob NOT NULL, UNIQUE(name))'

function path(): string {
  const folder = mkdtempSync(join(tmpdir(), 'joinery-old-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return join(folder, 'db.sqlite')
}

test('each row is a document; what is in it is not looked at, and what cannot be one is named', async () => {
  const file = path()
  const database = new Database(file)
  database.exec(SCHEMA)
  const insert = database.prepare('INSERT INTO documents VALUES (?, ?)')
  insert.run('team/計画 7', Buffer.from([1, 2, 3]))
  insert.run('text', 'no bytes')
  insert.run(Buffer.from([255, 254]), Buffer.from([0, 0]))
  insert.run('', Buffer.from([]))
  database.close()
  const before = readFileSync(file)
  const old = hocuspocusSqlite({ file })
  expect(await Array.fromAsync(old.documents())).toEqual([
    { name: 'team/計画 7', updates: [{ row: 'row 1', bytes: Uint8Array.of(1, 2, 3) }], damaged: [] },
    { name: 'text', updates: [], damaged: [{ row: 'row 2', reason: 'its data are no bytes' }] },
    { name: undefined, updates: [], damaged: [{ row: 'row 3', reason: 'its name is no text' }] },
    { name: '', updates: [{ row: 'row 4', bytes: new Uint8Array() }], damaged: [] },
  ])
  await old.close()
  expect(readFileSync(file)).toEqual(before)
})

test('a damaged page takes what is behind it along, and that is said', async () => {
  const file = path()
  const database = new Database(file)
  database.exec(`PRAGMA page_size = 1024; ${SCHEMA}`)
  const insert = database.prepare('INSERT INTO documents VALUES (?, ?)')
  database.transaction(() => {
    for (let i = 0; i < 200; i++) insert.run(`d${i}`, Buffer.alloc(100, i))
  })()
  database.close()
  const bytes = readFileSync(file)
  bytes.fill(0xff, 10 * 1024, 11 * 1024)
  writeFileSync(file, bytes)
  const old = hocuspocusSqlite({ file })
  const documents = await Array.fromAsync(old.documents())
  await old.close()
  expect(documents.length).toBeGreaterThan(10)
  expect(documents.at(-1)?.damaged).toEqual([
    { row: 'the rest of the file', reason: expect.stringContaining('malformed') },
  ])
})

test('a file that is none of these is refused with a sentence', () => {
  const file = path()
  expect(() => hocuspocusSqlite({ file })).toThrow(expect.objectContaining({ code: 'BAD_INPUT' }))
  writeFileSync(
    file,
    'something else, long enough to be taken for a header of a file of SQLite, which it is not at all',
  )
  expect(() => hocuspocusSqlite({ file })).toThrow(expect.objectContaining({ code: 'BAD_INPUT' }))
  rmSync(file)
  new Database(file).exec('CREATE TABLE others (a)').close()
  expect(() => hocuspocusSqlite({ file })).toThrow(
    expect.objectContaining({ details: { what: 'file', sentence: expect.stringContaining('no such table') } }),
  )
})
