/**
 * Documents in a folder of y-leveldb, which y-websocket's server writes below YPERSISTENCE. Laws:
 * - A document is its rows `v1, name, update, clock`, in the order of their clocks; state vectors and metas are about it and not in it.
 * - Clocks follow each other: where one is missing, a row was lost, and is named.
 * - Nothing is written. Opening a LevelDB folder tidies its files up, as its own server does whenever it starts; what they hold stays.
 */
import { hex, JoineryError, type DamagedRow, type OldDocument, type OldDocuments, type OldRow } from '@joinery/core'
import type { ClassicLevel } from 'classic-level'
import { createDecoder, hasContent, readUint8, readUint32BigEndian, readVarString } from 'lib0/decoding'
import { existsSync } from 'node:fs'
import { join } from 'node:path'

export interface YLevelDbOptions {
  readonly folder: string
}

/** The parts of a key are behind a byte that says what they are. */
const STRING = 0
const NUMBER = 1
/** Keys that begin with the string `v1`. */
const FIRST = Uint8Array.of(STRING, 2, 0x76, 0x31)
const BEHIND = Uint8Array.of(STRING, 2, 0x76, 0x32)

type Level = ClassicLevel<Uint8Array, Uint8Array>

/**
 * Opens such a folder. BAD_INPUT, with a sentence in its details, when it is none; UNAVAILABLE while its server still runs, or without
 * `classic-level`.
 *
 * @example
 * ```ts
 * import assert from 'node:assert'
 * import { yLevelDb } from '@joinery/adapters/import/y-leveldb'
 *
 * await assert.rejects(yLevelDb({ folder: 'no-such-folder' }), { code: 'BAD_INPUT' })
 * ```
 */
export async function yLevelDb({ folder }: YLevelDbOptions): Promise<OldDocuments> {
  // LevelDB would make one.
  if (!existsSync(join(folder, 'CURRENT'))) {
    throw new JoineryError('BAD_INPUT', { what: 'folder', sentence: `There is no LevelDB in ${folder}.` })
  }
  const level = await open(folder)
  return {
    documents: () => grouped(level),
    close: () => level.close(),
  }
}

async function open(folder: string): Promise<Level> {
  const driver = await loadDriver()
  const level = new driver.ClassicLevel<Uint8Array, Uint8Array>(folder, {
    keyEncoding: 'view',
    valueEncoding: 'view',
    createIfMissing: false,
  })
  try {
    await level.open()
    return level
  } catch (error) {
    const cause = error instanceof Error ? error.cause : undefined
    if (cause instanceof Error && 'code' in cause && cause.code === 'LEVEL_LOCKED') {
      const sentence = `Another process has ${folder} open: stop the old server first.`
      throw new JoineryError('UNAVAILABLE', { reason: 'locked', sentence }, { cause: error })
    }
    const sentence = `${folder} cannot be opened: ${reasonOf(cause ?? error)}.`
    throw new JoineryError('BAD_INPUT', { what: 'folder', sentence }, { cause: error })
  }
}

/** Those who do not come from y-leveldb do not have it. */
async function loadDriver() {
  try {
    return await import('classic-level')
  } catch (error) {
    const sentence = 'LevelDB is read by a package that is not installed: npm install classic-level'
    throw new JoineryError('UNAVAILABLE', { reason: 'not-installed', sentence }, { cause: error })
  }
}

/** Keys are in order, so the rows of a document follow each other. */
async function* grouped(level: Level): AsyncGenerator<OldDocument> {
  const nameless: DamagedRow[] = []
  let name: string | undefined
  let updates: OldRow[] = []
  let damaged: DamagedRow[] = []
  let last: number | undefined

  const taken = (): OldDocument[] => {
    const isEmpty = updates.length === 0 && damaged.length === 0
    const done = isEmpty ? [] : [{ name, updates, damaged }]
    updates = []
    damaged = []
    last = undefined
    return done
  }

  const rows = level.iterator({ gte: FIRST, lt: BEHIND })
  try {
    for await (const [key, bytes] of rows) {
      const parts = partsOf(key)
      if (parts === undefined) {
        nameless.push({ row: `key ${hex(key)}`, reason: 'its key cannot be read' })
        continue
      }
      if (parts.kind !== 'update') continue
      if (parts.name !== name) yield* taken()
      name = parts.name
      const { clock } = parts
      if (last !== undefined && clock > last + 1) damaged.push({ row: missing(last + 1, clock - 1), reason: 'missing' })
      last = clock
      updates.push({ row: `update ${clock}`, bytes: new Uint8Array(bytes) })
    }
  } catch (error) {
    // LevelDB passes over a damaged block and says so at the end. Whose rows were in it shows in their clocks, if others are left.
    nameless.push({ row: 'a block of the folder', reason: reasonOf(error) })
  }
  yield* taken()
  if (nameless.length > 0) yield { name: undefined, updates: [], damaged: nameless }
}

interface KeyParts {
  readonly name: string
  readonly kind: string
  readonly clock: number
}

function partsOf(key: Uint8Array): KeyParts | undefined {
  try {
    const decoder = createDecoder(key)
    const parts: (string | number)[] = []
    while (hasContent(decoder)) {
      const type = readUint8(decoder)
      if (type !== STRING && type !== NUMBER) return undefined
      parts.push(type === STRING ? readVarString(decoder) : readUint32BigEndian(decoder))
    }
    const [, name, kind, clock] = parts
    if (typeof name !== 'string' || typeof kind !== 'string') return undefined
    if (kind !== 'update') return { name, kind, clock: 0 }
    return typeof clock === 'number' ? { name, kind, clock } : undefined
  } catch {
    return undefined
  }
}

function missing(from: number, to: number): string {
  return from === to ? `update ${from}` : `updates ${from} to ${to}`
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : 'it cannot be read'
}
