/**
 * Notes begun here, for as long as they are shown: what is typed before one is open is held, and given to it when it is. Whoever is off to
 * another note before that loses nothing either.
 */
import { useCallback, useEffect, useState } from 'react'
import { XmlElement, XmlText } from 'yjs'
import type { Begun } from './begun-page.tsx'
import type { Notes } from './notes.ts'

/** The most letters of a title, as the kind has it: the rest of a longer line begins the body. */
export const TITLE_MAX = 1_000

type NewNote = Omit<Begun, 'onTaken'>

export interface NewNotes {
  /** The note that is shown, if it was begun here just now. */
  readonly begun: NewNote | undefined
  /** Something that was typed is in no note yet. */
  readonly isHolding: boolean
  begin(id: string): void
  /** Of the note that is shown. */
  hold(typed: NewNote): void
}

export function useNewNotes(notes: Notes, shown: string | undefined): NewNotes {
  const [all, put] = useState<ReadonlyMap<string, NewNote>>(new Map())
  /** How many that were left are being written. */
  const [writing, count] = useState(0)
  const set = useCallback((id: string, note: NewNote) => put(before => new Map(before).set(id, note)), [])
  useEffect(() => {
    for (const [id, note] of all) {
      if (id === shown) continue
      put(before => new Map([...before].filter(([other]) => other !== id)))
      if (!note.typed) continue
      count(now => now + 1)
      void write(notes, id, note.typed)
        // Held until it is shown again.
        .catch(() => set(id, { ...note, isComposing: false }))
        .finally(() => count(now => now - 1))
    }
  }, [shown])
  return {
    begun: shown === undefined ? undefined : all.get(shown),
    isHolding: writing > 0 || [...all.values()].some(({ typed }) => typed !== undefined && typed !== ''),
    begin: id => set(id, { typed: '', isComposing: false }),
    hold: note => shown !== undefined && set(shown, note),
  }
}

/** The title in what was typed, and the lines of the body. */
export function parted(typed: string): { readonly title: string; readonly body: readonly string[] } {
  const [line = '', ...body] = typed.split('\n')
  if (line.length <= TITLE_MAX) return { title: line, body }
  // Not through the middle of an emoji.
  const end = /[\uD800-\uDBFF]/.test(line.charAt(TITLE_MAX - 1)) ? TITLE_MAX - 1 : TITLE_MAX
  return { title: line.slice(0, end), body: [line.slice(end), ...body] }
}

/** Writes what was typed into a note that no editor shows. */
async function write(notes: Notes, id: string, typed: string): Promise<void> {
  using note = await notes.space.note.open(id)
  const { title, body } = parted(typed)
  if (title !== '') note.change(draft => void (draft.title = title))
  const paragraphs = body.map(text => {
    const paragraph = new XmlElement('paragraph')
    if (text !== '') paragraph.push([new XmlText(text)])
    return paragraph
  })
  note.y.getXmlFragment('body').push(paragraphs)
}
