/**
 * What is too large for the row of an entry, beside it: SQLite reads all of a row that it comes by on its way to another, so rows are kept
 * short. Bytes of megabytes are in several pieces: each is written and read in one step, and between two steps others have their turn. Laws:
 * - Pieces are written in the transaction of their entry, or, of megabytes, before it; the entry holds their name in the place of its bytes,
 *   or of its authors.
 * - Those that no entry names are strays: not named yet, or not any more. What a crash or a refusal left is taken away when there is time.
 * - Each piece has its own checksum: what does not fit it never comes out as bytes.
 * - The number of a piece is not given again, also not that of one that is lost from the end of the file, unless more are than are passed
 *   over when it is opened: its entry still names it, and takes it away when it goes.
 */
import { crc32 } from 'node:zlib'
import type { EntryRow, Statements } from './statements.ts'
import { turn } from './turn.ts'

/** What is larger is not in the row of its entry. A page of the tree keeps a quarter of that, and more takes another page. */
const ROW_BYTES = 4_096
/** What is larger goes in pieces of this size: a few milliseconds each. */
export const PIECE_BYTES = 1_048_576
/** What is no more is removed at once with its entry, as it would be if it were in its row. */
const DROPPED_BYTES = 65_536
/** Added to the type of a row that holds a name. */
const NAMED = 64
/** As much as a batch of edits, and so many pages with what leads to them. */
const PROBE_BYTES = 32_768
export const PROBE_PAGES = 12
/** Numbers that are passed over when a file is opened: the last pieces of it may be lost, and entries name them. */
const PASSED_OVER = 1_024
/** So many are removed in one transaction. */
const SWEPT = 4

/** Pieces `[first, first + count)`, and how many bytes they come to. */
export interface PieceName {
  readonly first: number
  readonly count: number
  readonly length: number
}

export interface Pieces {
  /** Before the transaction: of what is more than a piece; undefined for others. With `read` they are read back. */
  put(bytes: Uint8Array, read?: 'read'): Promise<PieceName | undefined>
  /** Inside of the transaction that writes the entry: what its row holds, with `put` if they were. */
  hold(type: number, bytes: Uint8Array, put: PutBytes): Pick<EntryRow, 'type' | 'bytes'>
  holdAuthors(text: string, put: PutBytes): string
  /** Whether the pieces of a row read back, but for those of megabytes, which did when they were put. */
  isSound(row: Named): boolean
  /** Inside of the transaction that takes the entry away, or puts something else in its place. */
  leave(row: Named): void
  /** After that transaction, whatever came of it. */
  done(names: Iterable<PieceName>): void
  /** Inside of a transaction: writes a piece that nobody names, and takes the one before it away, so that it needs room that is free. */
  probe(): void
  /** `gone` when the entry was taken away meanwhile. */
  load(name: PieceName): Promise<Uint8Array | 'gone' | 'damaged'>
}

/** Bytes that were put before a transaction, and their names, each for one row. Those of a text are its own. */
export type PutBytes = Map<Uint8Array | string, PieceName>

/** What of a row can be a name. */
export type Named = Pick<EntryRow, 'type' | 'bytes' | 'authors'>

/** The number of a type in a row, whatever the row holds. */
export function plainType(type: number): number {
  return type % NAMED
}

export function nameIn({ type, bytes }: Pick<EntryRow, 'type' | 'bytes'>): PieceName | undefined {
  return type < NAMED ? undefined : readName(String(Buffer.from(bytes)))
}

export function authorsNameIn(authors: string): PieceName | undefined {
  return authors.startsWith(AUTHORS_NAMED) ? readName(authors.slice(1)) : undefined
}

/** No JSON begins with it. */
const AUTHORS_NAMED = '@'

function readName(text: string): PieceName {
  const [first = 0, count = 0, length = 0] = text.split(' ').map(Number)
  return { first, count, length }
}

function textOf({ first, count, length }: PieceName): string {
  return `${first} ${count} ${length}`
}

/** How many bytes its entry has. */
export function lengthOf(row: Pick<EntryRow, 'type' | 'bytes'>): number {
  return nameIn(row)?.length ?? row.bytes.length
}

export function createPieces(options: {
  readonly statements: Statements
  readonly read: <T>(look: () => T) => Promise<T>
  readonly write: <T>(change: () => { readonly result: T; readonly touched: number }) => Promise<T>
}): Pieces {
  const { statements, read, write } = options
  /** Put, and not yet named by an entry. */
  const pending = new Set<PieceName>()
  const last = statements.lastPiece.get() as { readonly id: number; readonly isNamed: number }
  let next = last.id + 1 + last.isNamed * PASSED_OVER
  /** What the last probe wrote; 0 when none did. */
  let probed = 0
  /** Bytes since others had their turn. */
  let loaded = 0
  let isSweeping = false
  let isSweptAgain = false

  const isPending = (id: number): boolean => [...pending].some(({ first, count }) => id >= first && id < first + count)

  const sweep = async (): Promise<void> => {
    const all = (await read(() => statements.strays.all())) as { id: number }[]
    const strays = all.filter(({ id }) => !isPending(id))
    for (let at = 0; at < strays.length; at += SWEPT) {
      await turn()
      await write(() => {
        for (const { id } of strays.slice(at, at + SWEPT)) {
          statements.dropPiece.run(id)
          statements.useStrays.run(id, id)
        }
        return { result: undefined, touched: SWEPT }
      })
    }
  }

  const sweepSoon = async (): Promise<void> => {
    isSweptAgain = true
    if (isSweeping) return
    isSweeping = true
    try {
      while (isSweptAgain) {
        isSweptAgain = false
        // Behind the transaction that this was asked in.
        await turn()
        await sweep()
      }
    } catch {
      // They stay strays, and whoever comes next tries again: nobody reads them.
    }
    isSweeping = false
  }
  void sweepSoon()

  const pieceOf = (id: number): Uint8Array | 'gone' | 'damaged' => {
    const row = statements.piece.get(id) as { checksum: number; bytes: Uint8Array } | undefined
    if (row === undefined) return 'gone'
    return checksumOfPiece(id, row.bytes) === row.checksum ? row.bytes : 'damaged'
  }

  /** In the transaction that it is called in. */
  const putHere = (bytes: Uint8Array): PieceName => {
    const id = next++
    statements.putPiece.run(id, checksumOfPiece(id, bytes), bytes)
    return { first: id, count: 1, length: bytes.length }
  }

  const nameFor = (what: Uint8Array | string, bytes: () => Uint8Array, put: PutBytes): PieceName => {
    const name = put.get(what)
    if (name === undefined) return putHere(bytes())
    put.delete(what)
    statements.useStrays.run(name.first, name.first + name.count - 1)
    return name
  }

  const stray = (name: PieceName | undefined): void => {
    if (name === undefined) return
    if (name.length <= DROPPED_BYTES) {
      statements.dropPiece.run(name.first)
      return
    }
    for (let id = name.first; id < name.first + name.count; id++) statements.makeStray.run(id)
    void sweepSoon()
  }

  const putAll = async (bytes: Uint8Array, name: PieceName, isRead: boolean): Promise<void> => {
    for (let at = 0; at < name.count; at++) {
      const id = name.first + at
      const piece = bytes.subarray(at * PIECE_BYTES, (at + 1) * PIECE_BYTES)
      await write(() => {
        statements.putPiece.run(id, checksumOfPiece(id, piece), piece)
        statements.makeStray.run(id)
        return { result: undefined, touched: 2 + piece.length / 4096 }
      })
      await turn()
      if (isRead && typeof (await read(() => pieceOf(id))) === 'string') throw new Error(UNREAD)
    }
  }

  return {
    async put(bytes, how) {
      if (bytes.length <= PIECE_BYTES) return undefined
      const name = { first: next, count: Math.ceil(bytes.length / PIECE_BYTES), length: bytes.length }
      next += name.count
      pending.add(name)
      try {
        await putAll(bytes, name, how === 'read')
        return name
      } catch (error) {
        pending.delete(name)
        throw error
      }
    },
    hold(type, bytes, put) {
      if (bytes.length <= ROW_BYTES) return { type, bytes }
      return { type: type + NAMED, bytes: Buffer.from(textOf(nameFor(bytes, () => bytes, put))) }
    },
    holdAuthors(text, put) {
      if (text.length <= ROW_BYTES) return text
      return `${AUTHORS_NAMED}${textOf(nameFor(text, () => Buffer.from(text), put))}`
    },
    isSound: row =>
      [nameIn(row), authorsNameIn(row.authors)].every(
        name => name === undefined || name.count > 1 || typeof pieceOf(name.first) !== 'string',
      ),
    leave(row) {
      stray(nameIn(row))
      stray(authorsNameIn(row.authors))
    },
    done(names) {
      for (const name of names) pending.delete(name)
      void sweepSoon()
    },
    probe() {
      const { first } = putHere(new Uint8Array(PROBE_BYTES))
      statements.makeStray.run(first)
      statements.dropPiece.run(probed)
      statements.useStrays.run(probed, probed)
      probed = first
    },
    async load({ first, count, length }) {
      let whole: Uint8Array | undefined
      for (let at = 0; at < count; at++) {
        if (loaded >= PIECE_BYTES) {
          await turn()
          loaded = 0
        }
        const piece = await read(() => pieceOf(first + at))
        if (typeof piece === 'string') return piece
        loaded += piece.length
        if (count === 1) return piece.length === length ? bytesOf(piece) : 'damaged'
        whole ??= new Uint8Array(length)
        if (piece.length > length - at * PIECE_BYTES) return 'damaged'
        whole.set(piece, at * PIECE_BYTES)
      }
      return whole ?? 'damaged'
    },
  }
}

const UNREAD = 'a piece did not read back'

/** The driver gives a Buffer, whose `slice` shares. */
function bytesOf(buffer: Uint8Array): Uint8Array {
  return new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.byteLength)
}

export function checksumOfPiece(id: number, bytes: Uint8Array): number {
  return crc32(bytes, id)
}
