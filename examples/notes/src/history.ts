/** What the history of a note is made of on screen: asked of the relay while its panel is open, and again when the note or the link changes. */
import { historyOf, type Comparison } from '@joinery/client/history'
import { sentenceOf } from '@joinery/core'
import { useEffect, useState } from 'react'
import type { Notes, OpenNote } from './notes.ts'
import { useLive } from './use-live.ts'

export type { Comparison, DocumentVersion, Passage, Writers } from '@joinery/client/history'
export type Past = ReturnType<typeof pastOf>

/** Whoever types is not asked about at each letter. */
const QUIET_MS = 1_000

/** The history of a note. */
export function pastOf(notes: Notes, note: OpenNote) {
  const token = (): string => notes.token()
  return historyOf(notes.client, { url: location.origin, token }).of('note', note.id, note.space)
}

/** Another text whenever what the relay knows of the note may be something else. */
export function useNews(notes: Notes, note: OpenNote): string {
  const status = useLive(() => notes.client.status, 'status') ?? notes.client.status.get()
  const isLinked = status.connection === 'live' || status.connection === 'polling'
  const [edits, count] = useState(0)
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined
    const stop = note.subscribe(() => {
      clearTimeout(timer)
      timer = setTimeout(() => count(before => before + 1), QUIET_MS)
    })
    return () => {
      clearTimeout(timer)
      stop()
    }
  }, [note])
  // Also once what was written here has arrived there.
  return `${edits} ${isLinked && status.pending === 0 ? 'sent' : 'waiting'}`
}

/** What became of the note since a version; undefined until it is known, or a sentence. */
export function useComparison(past: Past, seq: number, news: string): Comparison | string | undefined {
  const [held, hold] = useState<{ seq: number; found: Comparison | string } | undefined>(undefined)
  useEffect(() => {
    let left = false
    past.compare(seq, 'now').then(
      found => left || hold({ seq, found }),
      (error: unknown) => left || hold({ seq, found: whyNot(error) }),
    )
    return () => {
      left = true
    }
  }, [past, seq, news])
  return held?.seq === seq ? held.found : undefined
}

/** In words for a person. */
export function whyNot(error: unknown): string {
  const isAway = error instanceof Error && 'code' in error && error.code === 'UNAVAILABLE'
  if (isAway) return 'History is kept by the server, which is out of reach just now. Your notes are on this device.'
  return sentenceOf(error) ?? 'The history could not be read.'
}
