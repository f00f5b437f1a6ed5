/**
 * A document's entries as versions: what somebody wrote in one go. Laws:
 * - Every entry that says something is in one version, in the order of the log; a version ends at the seq that it is read by.
 * - Nobody paused for more than five minutes inside of one, and none is longer than an hour, by the times that their authors give.
 * - A version is one person's. Of those who write at the same time, in turns of less than a minute, it is one of all of them: nobody would
 *   look through a version for each word.
 * - A named version ends where its name was given.
 */
import type { Lineal, VersionName } from '../ports/store.ts'

export interface Version {
  /** Of its last entry: the document is read as it was after that. */
  readonly seq: number
  /** Of its first entry. */
  readonly first: number
  /** Who wrote it, in the order in which they began. */
  readonly authors: readonly string[]
  /** When its first and its last edit were made, in ms since 1970. */
  readonly from: number
  readonly to: number
  /** How many edits it is. */
  readonly edits: number
  /** Whether it is all that was before what is kept one by one: then its authors are not all who wrote it. */
  readonly beginning: boolean
  readonly name: VersionName | undefined
}

export const VERSION_PAUSE_MS = 300_000
export const VERSION_SPAN_MS = 3_600_000
/** Whoever writes again within this time never stopped. */
const TOGETHER_MS = 60_000
/** So many take turns. */
const TURNS = 16

interface Group {
  first: number
  seq: number
  /** By author, in the order in which they began. */
  readonly lastAt: Map<string, number>
  from: number
  to: number
  /** Of the entries at `first` and at `seq`. */
  readonly firstAt: number
  at: number
  edits: number
  readonly beginning: boolean
}

/**
 * The versions of a lineage, oldest first.
 *
 * @example
 * ```ts
 * import assert from 'node:assert'
 * import { versionsOf } from '@joinery/core/history'
 *
 * const entry = { type: 'update', device: 'phone', n: 1, bytes: 20 } as const
 * const versions = versionsOf([
 *   { ...entry, seq: 1, at: 1_000, subject: 'ann' },
 *   { ...entry, seq: 3, at: 9_000, subject: 'ann' },
 *   { ...entry, seq: 4, at: 700_000, subject: 'bob' },
 * ])
 * assert.deepEqual(
 *   versions.map(({ seq, authors, edits }) => [seq, authors, edits]),
 *   [
 *     [3, ['ann'], 2],
 *     [4, ['bob'], 1],
 *   ],
 * )
 * ```
 */
export function versionsOf(lineage: readonly Lineal[], names: readonly VersionName[] = []): Version[] {
  const nameBySeq = new Map(names.map(name => [name.seq, name]))
  const groups: Group[] = []
  for (const [place, entry] of lineage.entries()) {
    if (entry.type !== 'update' && entry.type !== 'snapshot') continue
    const beginning = place === 0 && entry.type === 'snapshot'
    const joined = joinedBy(groups, entry, nameBySeq)
    if (joined === undefined) groups.push(begin(entry, beginning))
    else add(joined, entry)
  }
  return groups.map(({ seq, first, lastAt, from, to, edits, beginning }) => ({
    seq,
    first,
    authors: [...lastAt.keys()],
    from,
    to,
    edits,
    beginning,
    name: nameBySeq.get(seq),
  }))
}

/** The last group, if this entry is of it; those who take turns are made one. */
function joinedBy(groups: Group[], entry: Lineal, names: ReadonlyMap<number, unknown>): Group | undefined {
  const { at, subject } = entry
  let [from, to] = [at, at]
  let nextAt = at
  for (let back = 1; back <= Math.min(TURNS, groups.length); back++) {
    const group = groups.at(-back) as Group
    ;[from, to] = [Math.min(from, group.from), Math.max(to, group.to)]
    const isApart = Math.abs(nextAt - group.at) > VERSION_PAUSE_MS || to - from > VERSION_SPAN_MS
    if (isApart || group.beginning || names.has(group.seq)) return undefined
    const last = group.lastAt.get(subject)
    const isAlone = back === 1 && group.lastAt.size === 1
    if (last !== undefined && (isAlone || Math.abs(at - last) <= TOGETHER_MS)) {
      for (const later of groups.splice(groups.length - back + 1)) merge(group, later)
      return group
    }
    nextAt = group.firstAt
  }
  return undefined
}

function begin({ seq, at, subject }: Lineal, beginning: boolean): Group {
  return { first: seq, seq, lastAt: new Map([[subject, at]]), from: at, to: at, firstAt: at, at, edits: 1, beginning }
}

function add(group: Group, { seq, at, subject }: Lineal): void {
  group.seq = seq
  group.at = at
  group.from = Math.min(group.from, at)
  group.to = Math.max(group.to, at)
  group.lastAt.set(subject, at)
  group.edits += 1
}

function merge(group: Group, later: Group): void {
  group.seq = later.seq
  group.at = later.at
  group.from = Math.min(group.from, later.from)
  group.to = Math.max(group.to, later.to)
  for (const [subject, at] of later.lastAt) group.lastAt.set(subject, at)
  group.edits += later.edits
}
