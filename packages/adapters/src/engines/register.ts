/**
 * Engine: one small value that each command replaces whole, with a rule for two commands at once. A relay can read it, and so accept or
 * refuse a command by what it says. A command reads, changes, and takes the next turn.
 * Law: of two states the one with the greater turn stands; on one turn the one that `prefer` prefers, then the later `at`, then the greater
 * id of who commanded. That is a total order, so replicas agree in whatever order they hear (D1).
 */
import {
  canonical,
  checkName,
  contentDigest,
  hex,
  isId,
  JoineryError,
  plainOf,
  readRegister,
  writeRegister,
} from '@joinery/core'
import type {
  Engine,
  EngineDocument,
  EngineMap,
  EngineRefusal,
  Plain,
  RegisterState,
  RegisterValue,
} from '@joinery/core'
import { bare } from '../assemble.ts'

export interface RegisterOptions {
  /** The time of a command in ms since 1970: the relay's, as this device estimates it. */
  now(): number
  /** Of two commands on one turn: above 0 when `a` stands, below 0 when `b` does, 0 to go by time. Must order states consistently. */
  prefer?(a: RegisterState, b: RegisterState): number
}

const NOTHING = new Uint8Array(0)

/**
 * The register engine. It has no text; concurrent edits to different keys do not both survive. An author is any id; its clocks count its
 * commands from 0, and an encoded state names only the command that made it.
 *
 * Documents throw BAD_INPUT, FORBIDDEN_KEY, FIELD_SHAPE (for `text`), TOO_LARGE (a value above 64 KiB), CLOSED.
 *
 * @example
 * ```ts
 * import assert from 'node:assert'
 * import { registerEngine } from '@joinery/adapters/engines/register'
 *
 * // A pause beats a play on the same turn.
 * const engine = registerEngine({
 *   now: () => 1_700_000_000_000,
 *   prefer: (a, b) => Number(b.value['play']?.['playing']) - Number(a.value['play']?.['playing']),
 * })
 * const [one, other] = [engine.open('one'), engine.open('other')]
 * one.map('play').set('playing', false)
 * other.map('play').set('playing', true)
 * const [pause, play] = [one.encode(), other.encode()]
 * one.apply(play)
 * other.apply(pause)
 * assert.equal(one.map('play').get('playing'), false)
 * assert.equal(other.map('play').get('playing'), false)
 * ```
 */
export function registerEngine(options: RegisterOptions): Engine {
  return {
    name: 'register',
    can: { text: false, rich: false, undo: false, tellsGaps: true, merges: false },
    newAuthor: random => hex(random.bytes(16)),
    open(author) {
      if (!isId(author)) throw new JoineryError('BAD_INPUT', { author })
      return registerDocument(author, options)
    },
    check,
  }
}

function check(update: Uint8Array): EngineRefusal | undefined {
  try {
    readRegister(update)
    return undefined
  } catch {
    return { code: 'BAD_UPDATE', detail: 'no state of a register' }
  }
}

function registerDocument(author: string, { now, prefer }: RegisterOptions): EngineDocument {
  const updateListeners = new Set<(update: Uint8Array) => void>()
  const changeListeners = new Set<() => void>()
  let state: RegisterState | undefined = undefined
  let bytes: Uint8Array = NOTHING
  let commands = 0
  /** The value under way while a change runs. */
  let draft: Map<string, Map<string, Plain>> | undefined = undefined
  let closed = false

  function checkOpen(): void {
    if (closed) throw new JoineryError('CLOSED')
  }

  function change(edit: () => void): void {
    checkOpen()
    if (draft !== undefined) return edit()
    draft = opened(state?.value ?? {})
    try {
      edit()
    } finally {
      const value = sealed(draft)
      draft = undefined
      commit(value)
    }
  }

  function commit(value: RegisterValue): void {
    if (canonical(value) === canonical(state?.value ?? {})) return
    const next = {
      turn: (state?.turn ?? 0) + 1,
      at: Math.max(0, Math.floor(now())),
      by: author,
      n: commands + 1,
      value,
    }
    const update = writeRegister(next)
    commands += 1
    state = next
    bytes = update
    for (const listener of updateListeners) listener(update)
    for (const listener of changeListeners) listener()
  }

  function applyAll(updates: readonly Uint8Array[]): boolean {
    checkOpen()
    if (draft !== undefined) throw new JoineryError('BAD_INPUT', { what: 'apply', rule: 'not inside a change' })
    let isNew = false
    // All are read before any counts.
    const states = updates.filter(update => update.length > 0).map(update => ({ update, read: readRegister(update) }))
    for (const { update, read } of states) {
      if (state !== undefined && order(read, state) <= 0) continue
      state = read
      bytes = Uint8Array.from(update)
      isNew = true
    }
    if (isNew) for (const listener of changeListeners) listener()
    return isNew
  }

  function order(a: RegisterState, b: RegisterState): number {
    return (
      a.turn - b.turn ||
      prefer?.(a, b) ||
      a.at - b.at ||
      compare(a.by, b.by) ||
      a.n - b.n ||
      compare(canonical(a.value), canonical(b.value))
    )
  }

  function fields(): RegisterValue {
    return draft === undefined ? (state?.value ?? {}) : sealed(draft)
  }

  function map(name: string): EngineMap {
    const entries = (): Readonly<Record<string, Plain>> => own(fields(), name) ?? {}
    return {
      get(key) {
        const value = own(entries(), key)
        return value === undefined ? undefined : bare(value)
      },
      set(key, value) {
        const plain = plainOf(value)
        change(() => {
          const record = draft?.get(name) ?? new Map<string, Plain>()
          draft?.set(checkName(name), record.set(checkName(key), plain))
        })
      },
      delete(key) {
        change(() => draft?.get(name)?.delete(key))
      },
      *entries() {
        const record = entries()
        for (const key of Object.keys(record).sort()) yield [key, bare(record[key] ?? null)]
      },
    }
  }

  function encode(): Uint8Array
  function encode(since: Uint8Array): Uint8Array | undefined
  function encode(since?: Uint8Array): Uint8Array | undefined {
    if (since === undefined) return bytes
    const known = knownTo(since)
    return state === undefined || (known !== undefined && order(state, known) <= 0) ? undefined : bytes
  }

  const content = (): Plain => bare(fields())
  return {
    author,
    get raw() {
      return state
    },
    apply: update => applyAll([update]),
    applyAll,
    change,
    map,
    text(name) {
      throw new JoineryError('FIELD_SHAPE', { field: name, rule: 'a register has no text' })
    },
    encode,
    version: () => bytes,
    digest: () => contentDigest(content()),
    content,
    waiting: () => false,
    onUpdate(listener) {
      updateListeners.add(listener)
      return () => updateListeners.delete(listener)
    },
    onChange(listener) {
      changeListeners.add(listener)
      return () => changeListeners.delete(listener)
    },
    undo: () => false,
    redo: () => false,
    close() {
      closed = true
    },
  }
}

/** A version is the state itself; that of an empty register is no bytes. */
function knownTo(version: Uint8Array): RegisterState | undefined {
  try {
    return version.length === 0 ? undefined : readRegister(version)
  } catch (cause) {
    throw new JoineryError('BAD_INPUT', { what: 'version' }, { cause })
  }
}

function opened(value: RegisterValue): Map<string, Map<string, Plain>> {
  return new Map(Object.entries(value).map(([name, record]) => [name, new Map(Object.entries(record))]))
}

/** Maps without entries are left out, so that an emptied one is as one that never was. */
function sealed(draft: ReadonlyMap<string, ReadonlyMap<string, Plain>>): RegisterValue {
  const filled = [...draft].filter(([, record]) => record.size > 0)
  return Object.fromEntries(filled.map(([name, record]) => [name, Object.fromEntries(record)]))
}

function own<T>(record: Readonly<Record<string, T>>, key: string): T | undefined {
  return Object.hasOwn(record, key) ? record[key] : undefined
}

function compare(a: string, b: string): number {
  if (a === b) return 0
  return a < b ? -1 : 1
}
