// The SQLite storage keeps the port's laws, between processes too, and what its file can go through.
import { execFile, spawn } from 'node:child_process'
import { existsSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { once } from 'node:events'
import { promisify } from 'node:util'
import type { Key, Storage } from '@joinery/core'
import { storageLaws } from '@joinery/core/testing'
import Database from 'better-sqlite3'
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import { sqliteStorage } from '../../src/storage/sqlite.ts'

let folder = ''
let files = 0
beforeAll(async () => void (folder = await mkdtemp(join(tmpdir(), 'joinery-storage-'))))
afterAll(() => rm(folder, { recursive: true }))
afterEach(() => vi.restoreAllMocks())

for (const law of storageLaws)
  test(`[${law.rule}] ${law.title}`, () => {
    const file = newFile()
    return law.check(() => ({ open: () => sqliteStorage({ file }) }))
  })

test('[S1] a commit waits for the disk', async () => {
  const pragmas: string[] = []
  const pragma = Database.prototype.pragma
  vi.spyOn(Database.prototype, 'pragma').mockImplementation(function (this: Database.Database, source, options) {
    pragmas.push(source)
    return pragma.call(this, source, options)
  })
  const storage = sqliteStorage({ file: newFile() })
  await put(storage, 1)
  expect(pragmas).toContain('journal_mode = WAL')
  expect(pragmas).toContain('synchronous = FULL')
  await storage.close()
})

test('[C3] a reader of the same storage sees nothing of a write that is on its way', async () => {
  const storage = sqliteStorage({ file: newFile() })
  await put(storage, 1)
  const seen: unknown[] = []
  const writing = storage.write(['meta'], async tx => {
    await tx.put('meta', AT, 2)
    // Asked in the middle of the write, which goes on.
    seen.push(state(storage))
    for (let i = 0; i < 20; i++) await tx.get('meta', AT)
    throw new Error('never mind')
  })
  await expect(writing).rejects.toThrow('never mind')
  expect(await Promise.all(seen)).toEqual([[1, undefined]])
  await storage.close()
})

test('nothing is touched before the first transaction', async () => {
  const file = newFile()
  const storage = sqliteStorage({ file })
  await storage.close()
  expect(existsSync(file)).toBe(false)
})

test('[CL-16] the file is private to its owner, and its folder is made', async () => {
  const file = join(folder, 'new', 'folder', 'notes.db')
  const storage = sqliteStorage({ file })
  await put(storage, 1)
  for (const path of [file, `${file}-wal`]) expect((statSync(path).mode & 0o777).toString(8)).toBe('600')
  await storage.close()
})

describe('a file that fails', () => {
  for (const every of [2, 3, 5, 7, 11])
    test(`[CL-15] with every ${every}th statement failing, what was saved is there and what was not is not`, async () => {
      const file = newFile()
      let storage = sqliteStorage({ file })
      await put(storage, 0)
      let saved = 0
      let refused = 0
      for (let i = 1; i <= 60; i++) {
        const restore = failEvery(every)
        try {
          await storage.write(['meta', 'log'], async tx => {
            await tx.get('meta', ['at'])
            void tx.put('log', [i], i)
            await tx.deleteRange('log', { before: [i - 3] })
            await tx.put('meta', ['at'], i)
          })
          saved = i
        } catch (error) {
          refused += 1
          expect(error).toMatchObject({ code: 'STORAGE_UNAVAILABLE' })
        }
        restore()
        const [at, last] = await state(storage)
        expect([at, last ?? 0]).toEqual([saved, saved])
        if (i % 20 === 0) {
          await storage.close()
          storage = sqliteStorage({ file })
        }
      }
      expect(refused).toBeGreaterThan(0)
      await storage.close()
    })

  test('[CL-02] a full file is STORAGE_FULL, holds what it held, and takes writes again when there is room', async () => {
    const file = newFile()
    const storage = sqliteStorage({ file, maxBytes: 400_000 })
    await put(storage, 1)
    const grow = storage.write(['meta', 'blobs'], async tx => {
      await tx.put('meta', ['at'], 2)
      for (let i = 0; i < 20; i++) await tx.put('blobs', [i], new Uint8Array(50_000))
    })
    await expect(grow).rejects.toMatchObject({ code: 'STORAGE_FULL' })
    await storage.read(['meta', 'blobs'], async tx => {
      expect(await tx.get('meta', ['at'])).toBe(1)
      expect(await tx.count('blobs', {})).toBe(0)
    })
    await put(storage, 3)
    expect(await state(storage)).toEqual([3, undefined])
    const { usage, quota, persisted } = await storage.estimate()
    expect(usage).toBeGreaterThan(0)
    expect({ quota, persisted }).toEqual({ quota: 400_000, persisted: true })
    await storage.close()
  })

  test('[CL-02] a file that cannot be opened is STORAGE_UNAVAILABLE, and may be tried again', async () => {
    const file = join(folder, 'in the way', 'notes.db')
    writeFileSync(join(folder, 'in the way'), '')
    const storage = sqliteStorage({ file })
    await expect(put(storage, 1)).rejects.toMatchObject({ code: 'STORAGE_UNAVAILABLE' })
    await rm(join(folder, 'in the way'))
    await put(storage, 1)
    expect(await state(storage)).toEqual([1, undefined])
    await storage.close()
  })

  test('[CL-02] a file that is something else is left alone', async () => {
    const other = newFile()
    const database = new Database(other)
    database.exec('CREATE TABLE recipes (name TEXT)')
    database.close()
    const text = newFile()
    writeFileSync(text, 'not a database at all, but a letter to my mother '.repeat(30))
    const newer = newFile()
    const storage = sqliteStorage({ file: newer })
    await put(storage, 1)
    await storage.close()
    const later = new Database(newer)
    later.pragma('user_version = 2')
    later.close()
    for (const file of [other, text, newer]) {
      const before = await readFile(file)
      const stranger = sqliteStorage({ file })
      // What a newer app wrote is not broken (CL-14).
      const code = file === newer ? 'VERSION' : 'STORAGE_UNAVAILABLE'
      await expect(put(stranger, 1)).rejects.toMatchObject({ code })
      await expect(stranger.destroy()).rejects.toMatchObject({ code })
      expect(before.equals(await readFile(file))).toBe(true)
    }
  })
})

describe('destroyed', () => {
  test('[CL-16] no file is left', async () => {
    const file = newFile()
    const [first, second] = [sqliteStorage({ file }), sqliteStorage({ file })]
    await put(first, 1)
    await state(second)
    await first.destroy()
    expect(filesLike(file)).toEqual([])
    await second.close()
    expect(filesLike(file)).toEqual([])
  })

  test('[CL-16] whoever had it open harms nothing that begins afresh under its name', async () => {
    const file = newFile()
    const [first, second, unaware] = [sqliteStorage({ file }), sqliteStorage({ file }), sqliteStorage({ file })]
    await put(first, 1)
    await put(second, 2)
    await put(unaware, 3)
    await first.destroy()
    const next = sqliteStorage({ file })
    await put(next, 10)
    await expect(put(second, 4)).rejects.toMatchObject({ code: 'CLOSED' })
    await expect(state(second)).rejects.toMatchObject({ code: 'CLOSED' })
    await second.destroy()
    await unaware.destroy()
    await put(next, 11)
    await next.close()
    expect(await state(sqliteStorage({ file }))).toEqual([11, undefined])
  })

  test('[CL-16] a removal that was cut short is finished by whoever opens it next', async () => {
    const file = newFile()
    const storage = sqliteStorage({ file })
    await put(storage, 1)
    const database = new Database(file)
    database.pragma(`user_version = 2147483647`)
    await expect(state(storage)).rejects.toMatchObject({ code: 'CLOSED' })
    database.close()
    expect(existsSync(file)).toBe(true)
    const next = sqliteStorage({ file })
    expect(await state(next)).toEqual([undefined, undefined])
    await put(next, 2)
    expect(await state(next)).toEqual([2, undefined])
    await next.destroy()
  })
})

describe('between processes', () => {
  test('[C3] no addition is lost', async () => {
    const file = newFile()
    const storage = sqliteStorage({ file })
    const others = [1, 2].map(() => run(file, `for (let i = 0; i < 30; i++) await add()`))
    for (let i = 0; i < 30; i++) await add(storage)
    await Promise.all(others)
    expect(await state(storage)).toEqual([90, undefined])
    await storage.close()
  })

  test('[CL-16] what another process destroyed is CLOSED', async () => {
    const file = newFile()
    const storage = sqliteStorage({ file })
    await put(storage, 1)
    await run(file, 'await storage.destroy()')
    expect(filesLike(file)).toEqual([])
    await expect(put(storage, 2)).rejects.toMatchObject({ code: 'CLOSED' })
    await storage.close()
    expect(filesLike(file)).toEqual([])
  })

  test('[S1] a process that is killed loses nothing that it reported saved, and leaves nothing half-written', async () => {
    const file = newFile()
    for (let round = 0; round < 3; round++) {
      const program = `for (let i = 1; ; i++) console.log(await both(i + ${round * 1_000_000}))`
      const child = spawn(process.execPath, nodeArguments(file, program), { stdio: ['ignore', 'pipe', 'inherit'] })
      let told = ''
      await new Promise<void>(enough =>
        child.stdout.setEncoding('utf8').on('data', (text: string) => {
          told += text
          if (told.split('\n').length > 20) enough()
        }),
      )
      child.kill('SIGKILL')
      await once(child, 'close')
      const reported = Number(told.slice(0, told.lastIndexOf('\n')).split('\n').at(-1))
      const storage = sqliteStorage({ file })
      const [at, last] = await state(storage)
      expect(at).toBe(last)
      expect(at).toBeGreaterThanOrEqual(reported)
      await storage.close()
    }
  })
})

function newFile(): string {
  return join(folder, `${files++}.db`)
}

/** A file and what SQLite puts beside it. */
function filesLike(file: string): string[] {
  return readdirSync(folder).filter(name => join(folder, name).startsWith(file))
}

const AT: Key = ['at']

function put(storage: Storage, at: number): Promise<void> {
  return storage.write(['meta'], tx => tx.put('meta', AT, at))
}

function add(storage: Storage): Promise<void> {
  return storage.write(['meta'], async tx => tx.put('meta', AT, Number((await tx.get('meta', AT)) ?? 0) + 1))
}

/** What `at` is, and the last entry of the log. */
function state(storage: Storage): Promise<unknown[]> {
  return storage.read(['meta', 'log'], async tx => {
    const [last] = await tx.range('log', { reverse: true, limit: 1 })
    return [await tx.get('meta', AT), last?.value]
  })
}

/** From now on every nth statement fails, wherever it stands: at a transaction's begin, in it, or at its commit. */
function failEvery(every: number): () => void {
  let count = 0
  const failing = <T extends object>(target: T, method: keyof T & string): void => {
    const original = target[method] as (...args: unknown[]) => unknown
    Object.assign(target, {
      [method](this: unknown, ...args: unknown[]) {
        // A rollback that fails is the end of the connection, which is another story.
        if (args[0] !== 'ROLLBACK' && ++count % every === 0) throw new Database.SqliteError('planted', 'SQLITE_IOERR')
        return original.apply(this, args)
      },
    })
    undo.push(() => Object.assign(target, { [method]: original }))
  }
  const undo: (() => void)[] = []
  const probe = new Database(':memory:')
  const statement = Object.getPrototypeOf(probe.prepare('SELECT 1')) as Database.Statement
  probe.close()
  for (const method of ['get', 'all', 'run'] as const) failing(statement, method)
  failing(Database.prototype, 'exec')
  return () => {
    for (const restore of undo) restore()
  }
}

function run(file: string, program: string): Promise<unknown> {
  return promisify(execFile)(process.execPath, nodeArguments(file, program))
}

function nodeArguments(file: string, program: string): string[] {
  const source = `
    import { sqliteStorage } from ${JSON.stringify(new URL('../../src/storage/sqlite.ts', import.meta.url).href)}
    const storage = sqliteStorage({ file: ${JSON.stringify(file)} })
    const add = () => storage.write(['meta'], async tx => tx.put('meta', ['at'], ((await tx.get('meta', ['at'])) ?? 0) + 1))
    const both = async i => {
      await storage.write(['meta', 'log'], async tx => {
        await tx.put('meta', ['at'], i)
        await tx.put('log', [i], i)
      })
      return i
    }
    ${program}`
  return ['--conditions=joinery-source', '--input-type=module', '--eval', source]
}
