/**
 * Stamped entries: how several writers keep values side by side in one flat map, so that a reader decides who wins and no engine does.
 * A key is `prefix + writer` with the value `[stamp, value]`, or `[stamp]` for nothing. A writer is `device`, or `device.slot`.
 * Laws:
 * - One key has one writer; a key is only ever removed by someone who has read it. So a concurrent write always stays.
 * - The greatest stamp wins, then the greatest writer (Lamport's order): replicas with the same entries show the same value (D1).
 * - Whoever writes removes the value that he read, and puts what had lost against it aside as `prefix + writer + stamp`,
 *   `[stamp, value, found]`; a write 7 days after it was found removes it (D7). Counted from when it was found and not from its own stamp:
 *   a device that was offline for three weeks has old stamps, and its losses are news.
 */
import { isStamp, millisOf, stampOf, type Stamp } from '../hlc.ts'
import { isList, type Plain } from '../plain.ts'
import type { EngineMap } from '../ports/engine.ts'
import type { WriteContext } from './field.ts'

/** Of a key: the prefix, and the writer, up to the stamp of what was put aside. */
const PARTS = /^(.*\/)?([^~]*)/s
const LOSERS_KEPT_MS = 7 * 24 * 3_600_000

export interface Stamped {
  readonly key: string
  /** The key up to the writer. */
  readonly prefix: string
  readonly writer: string
  readonly stamp: Stamp
  readonly value: Plain | undefined
  /** A third part, if there is one. */
  readonly extra: Plain | undefined
}

/**
 * The entries of a map, newest first. What is not an entry is passed over.
 *
 * @internal
 */
export function stampedIn(map: EngineMap): Stamped[] {
  const found: Stamped[] = []
  for (const [key, stored] of map.entries()) {
    if (!isList(stored)) continue
    const [stamp, value, extra] = stored
    if (!isStamp(stamp)) continue
    const [, prefix = '', writer = ''] = PARTS.exec(key) ?? []
    found.push({ key, prefix, writer, stamp, value, extra })
  }
  return found.sort(newestFirst)
}

/**
 * Writes over what was found (newest first), and keeps what had lost. An undefined value is nothing.
 *
 * @internal
 */
export function overwrite(
  map: EngineMap,
  found: readonly Stamped[],
  context: WriteContext,
  value: Plain | undefined,
): void {
  const own = writerOf(context)
  const stamp = stampAfter(found[0]?.stamp, context)
  for (const [at, entry] of found.entries()) {
    if (at > 0) putAside(map, entry, stamp)
    if (entry.key !== own && !isAside(entry)) map.delete(entry.key)
  }
  map.set(own, value === undefined ? [stamp] : [stamp, value])
}

/**
 * Writes over what was found at one prefix (newest first), and keeps nothing of it.
 *
 * @internal
 */
export function replaceAll(
  map: EngineMap,
  prefix: string,
  found: readonly Stamped[],
  context: WriteContext,
  rest: readonly Plain[],
): void {
  const own = prefix + writerOf(context)
  for (const entry of found) if (entry.key !== own) map.delete(entry.key)
  map.set(own, [stampAfter(found[0]?.stamp, context), ...rest])
}

function putAside(map: EngineMap, entry: Stamped, stamp: Stamp): void {
  if (!isAside(entry)) {
    if (entry.value !== undefined) map.set(entry.key + entry.stamp, [entry.stamp, entry.value, stamp])
  } else if (!isStamp(entry.extra) || millisOf(entry.extra) + LOSERS_KEPT_MS < millisOf(stamp)) {
    map.delete(entry.key)
  }
}

function isAside(entry: Stamped): boolean {
  return entry.key.length > entry.prefix.length + entry.writer.length
}

/**
 * A stamp for a write over a value with stamp `seen`. Later than it also when the clock was never shown it: a person must see his own edit.
 *
 * @internal
 */
export function stampAfter(seen: Stamp | undefined, context: WriteContext): Stamp {
  const stamp = context.stamp()
  return seen === undefined || stamp > seen ? stamp : stampOf(millisOf(seen) + 1, 0)
}

/**
 * The name under which this context writes entries.
 *
 * @internal
 */
export function writerOf(context: WriteContext): string {
  const { device, slot = 0 } = context
  return slot === 0 ? device : `${device}.${slot}`
}

/**
 * The device of a writer.
 *
 * @internal
 */
export function deviceOf(writer: string): string {
  return writer.replace(/\..*/s, '')
}

function newestFirst(a: Stamped, b: Stamped): number {
  return compare(b.stamp, a.stamp) || compare(b.writer, a.writer) || compare(a.key, b.key)
}

/**
 * The order of strings by UTF-16 code unit, the same on every device.
 *
 * @internal
 */
export function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
