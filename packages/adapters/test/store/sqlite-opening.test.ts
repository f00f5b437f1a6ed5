// A store does not start where an ack would be a lie, nor beside another.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { JoineryError } from '@joinery/core'
import Database from 'better-sqlite3'
import { describe, expect, onTestFinished, test } from 'vitest'
import { sqliteStore } from '../../src/store/sqlite.ts'
import { openDatabase } from '../../src/store/sqlite/opening.ts'
import { failureOf, refuseUnlessDurable } from '../../src/store/sqlite/refusals.ts'
import { startChild } from './child.ts'
import { testFolders } from './folders.ts'

const newFolder = testFolders()
const durable = { sqlite: '3.54.1', synchronous: 2, journal: 'wal', fileSystem: 0xef53 }

describe('[DU-07] it refuses to start', () => {
  test('[DU-07] when the database would not wait for the disk', () => {
    const database = openDatabase({ file: join(newFolder(), 'log.db') })
    const found = (): Parameters<typeof refuseUnlessDurable>[0] => ({
      ...durable,
      synchronous: Number(database.pragma('synchronous', { simple: true })),
      journal: String(database.pragma('journal_mode', { simple: true })),
    })
    expect(found()).toEqual(durable)
    refuseUnlessDurable(found())
    database.pragma('synchronous = NORMAL')
    expect(() => refuseUnlessDurable(found())).toThrow(refusedFor('synchronous'))
    database.pragma('synchronous = EXTRA')
    refuseUnlessDurable(found())
    expect(() => refuseUnlessDurable({ ...durable, journal: 'delete' })).toThrow(refusedFor('synchronous'))
    database.close()
  })

  test('[DU-07] on a network file system', () => {
    for (const fileSystem of [0x6969, 0xff534d42, 0xfe534d42])
      expect(() => refuseUnlessDurable({ ...durable, fileSystem })).toThrow(refusedFor('network'))
  })

  test('[DU-08] with an SQLite that has the WAL-reset bug', () => {
    for (const sqlite of ['3.51.2', '3.40.1', '3.7.0', '2.99.99'])
      expect(() => refuseUnlessDurable({ ...durable, sqlite })).toThrow(refusedFor('version'))
    for (const sqlite of ['3.51.3', '3.51.10', '3.52.0', '4.0.0']) refuseUnlessDurable({ ...durable, sqlite })
  })

  test('[DU-08] beside another process, until that is gone, however it went', async () => {
    const file = join(newFolder(), 'log.db')
    const other = startChild(file, 'hold')
    onTestFinished(() => other.kill())
    await other.line()
    expect(() => sqliteStore({ file, lockTimeout: 0 })).toThrow(refusedFor('locked'))
    expect(() => new Database(file, { timeout: 0 }).prepare('SELECT * FROM space').all()).toThrow(/locked/)
    await other.kill()
    const store = sqliteStore({ file, lockTimeout: 0 })
    await store.admit('space', 'ann', 'owner')
    expect(() => sqliteStore({ file, lockTimeout: 0 })).toThrow(refusedFor('locked'))
    await store.close()
    await sqliteStore({ file, lockTimeout: 0 }).close()
  })

  test('[BK-08] on a database of a newer version, or of something else', async () => {
    const folder = newFolder()
    const newer = join(folder, 'newer.db')
    await sqliteStore({ file: newer }).close()
    const database = new Database(newer)
    database.pragma('user_version = 99')
    database.close()
    expect(() => sqliteStore({ file: newer })).toThrow(refusedFor('newer'))

    const foreign = join(folder, 'foreign.db')
    new Database(foreign).exec('CREATE TABLE cake (slices)').close()
    expect(() => sqliteStore({ file: foreign })).toThrow(refusedFor('foreign'))

    const text = join(folder, 'text.db')
    writeFileSync(
      text,
      'not a database, but long enough to have a header of its own, which says something else altogether',
    )
    expect(() => sqliteStore({ file: text })).toThrow(refusedFor('foreign'))
  })
})

describe('[DU-04] a failure of the disk', () => {
  const sqlite = (code: string): Error => new Database.SqliteError('of the disk', code)

  test('[DU-04] is fatal when it came from a write or an fsync, and not from a read', () => {
    for (const code of ['SQLITE_IOERR_FSYNC', 'SQLITE_IOERR_WRITE', 'SQLITE_IOERR']) {
      expect(failureOf(sqlite(code), 'write')).toMatchObject({ code: 'UNAVAILABLE', details: { fatal: true } })
      expect(failureOf(sqlite(code), 'read')).toMatchObject({ code: 'UNAVAILABLE', details: { fatal: false } })
    }
    expect(failureOf(sqlite('SQLITE_CORRUPT'), 'write')).toMatchObject({
      code: 'UNAVAILABLE',
      details: { fatal: false },
    })
  })

  test('[DU-05] is QUOTA when there is no room', () => {
    expect(failureOf(sqlite('SQLITE_FULL'), 'write')).toMatchObject({ code: 'QUOTA' })
  })
})

function refusedFor(reason: string): unknown {
  const details: unknown = expect.objectContaining({ reason, sentence: expect.stringMatching(/^.{20,}\.$/s) })
  return expect.objectContaining({ name: JoineryError.name, code: 'UNAVAILABLE', details })
}
