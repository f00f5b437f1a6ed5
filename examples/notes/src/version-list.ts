/**
 * The versions of a note on screen, newest first, further back page by page. Laws:
 * - Asked again, the list has what is new and goes as far back as it did; a page further back asks for that page alone.
 * - What a version changed is asked once, for as long as it is that version: others may be joined with it when a name is taken away.
 * - One thing is asked at a time, so that no answer undoes a later one.
 */
import { useEffect, useMemo, useState } from 'react'
import { whyNot, type Comparison, type DocumentVersion, type Past } from './history.ts'

const PAGE = 30

export interface ListedVersion extends DocumentVersion {
  /** What it changed, once that is known. */
  readonly changes?: Comparison | undefined
}

/** Asking, there, or why not. */
export type Versions =
  | { readonly at: 'asking' }
  | { readonly at: 'there'; readonly versions: readonly ListedVersion[]; readonly isMore: boolean }
  | { readonly at: 'away'; readonly why: string }

export interface VersionList {
  readonly shown: Versions
  more(): void
  again(): void
}

export function useVersions(past: Past, news: string): VersionList {
  const [shown, show] = useState<Versions>({ at: 'asking' })
  const list = useMemo(() => versionList(past, show), [past])
  useEffect(() => list.again(), [list, news])
  return { shown, ...list }
}

/** A page of the relay, or several joined: `next` is null when nothing is before it. */
interface Listed {
  readonly versions: readonly ListedVersion[]
  readonly next: number | null
}

function versionList(past: Past, show: (shown: Versions) => void): Pick<VersionList, 'more' | 'again'> {
  let listed: Listed = { versions: [], next: null }
  let last = Promise.resolve()
  let isAgainAhead = false

  const list = (now: Listed): void => {
    listed = now
    show({ at: 'there', versions: now.versions, isMore: now.next !== null })
  }
  const inTurn = (ask: () => Promise<Listed>): void => {
    const asked = async (): Promise<void> => {
      // The list at once, and what is in it when that has been found out.
      list(withKnown(await ask(), listed.versions))
      const found = await past.changes(untold(listed))
      if (found.size > 0) list(withChanges(listed, found))
    }
    last = last.then(asked).catch((error: unknown) => show({ at: 'away', why: whyNot(error) }))
  }
  const further = async ({ versions, next }: Listed): Promise<Listed> => {
    if (next === null) return { versions, next }
    const older = await past.versions({ before: next, limit: PAGE })
    return { versions: [...versions, ...older.versions], next: older.next }
  }

  return {
    more: () => inTurn(() => further(listed)),
    again() {
      // One that waits for its turn is for all who ask meanwhile.
      if (isAgainAhead) return
      isAgainAhead = true
      inTurn(async () => {
        isAgainAhead = false
        const oldest = listed.versions.at(-1)?.seq ?? Infinity
        // As many as the relay gives at once, and further from there.
        let page: Listed = await past.versions({ limit: Math.max(PAGE, listed.versions.length) })
        while (page.next !== null && page.next > oldest) page = await further(page)
        return backTo(oldest, page)
      })
    },
  }
}

/** Without what is further back, but for as many as a page has. */
function backTo(oldest: number, { versions, next }: Listed): Listed {
  const shown = versions.filter(({ seq }, at) => at < PAGE || seq >= oldest)
  return { versions: shown, next: shown.length < versions.length ? (shown.at(-1)?.seq ?? null) : next }
}

/** With what is known of those that are as they were. */
function withKnown({ versions, next }: Listed, before: readonly ListedVersion[]): Listed {
  const known = new Map(before.map(version => [version.seq, version]))
  const isSame = ({ seq, first }: DocumentVersion): boolean => known.get(seq)?.first === first
  return {
    versions: versions.map(one => (isSame(one) ? { ...one, changes: known.get(one.seq)?.changes } : one)),
    next,
  }
}

function withChanges({ versions, next }: Listed, found: ReadonlyMap<number, Comparison>): Listed {
  return { versions: versions.map(one => ({ ...one, changes: found.get(one.seq) ?? one.changes })), next }
}

/** As a page: those of which it is not known what they changed, and the one before them. Of the last that is listed it cannot be told yet. */
function untold({ versions, next }: Listed): Listed {
  const told = versions.map(({ changes }, at) => changes !== undefined || (next !== null && at === versions.length - 1))
  const [from, to] = [told.indexOf(false), told.lastIndexOf(false)]
  if (from === -1) return { versions: [], next }
  return { versions: versions.slice(from, to + 2), next: versions[to + 1]?.seq ?? next }
}
