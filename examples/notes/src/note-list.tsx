/** The notes of a place, newest first, pinned on top; or what a search finds. Pages of 50 as one scrolls for more. */
import { useState } from 'react'
import { NoteCard } from './note-card.tsx'
import type { Notes } from './notes.ts'
import type { Shelf } from './place.ts'
import { useLive } from './use-live.ts'

const PAGE = 50

interface Props {
  readonly notes: Notes
  readonly list: NoteShelf
  /** The note that is open beside it. */
  readonly open: string | undefined
  readonly search: string
  onSearch(text: string): void
  onCreate(): void
}

export function NoteList({ notes, list, open, search, onSearch, onCreate }: Props) {
  const [pages, setPages] = useState(1)
  const found = useLive(() => queryOf(notes, list, search, pages * PAGE), keyOf(list, search, pages))
  const rows = found?.rows ?? []
  const cards = list.shelf === 'all' ? [...rows].sort((a, b) => Number(b.pinned) - Number(a.pinned)) : rows
  return (
    <section className="list" aria-label="Notes">
      <header>
        <input
          className="search"
          type="search"
          placeholder="Search"
          aria-label="Search notes"
          value={search}
          onChange={event => onSearch(event.currentTarget.value)}
        />
        <button className="new" aria-label="New note" title="New note" onClick={onCreate}>
          +
        </button>
      </header>
      <div className="cards">
        {cards.map(row => (
          <NoteCard key={row.id} row={row} list={list} open={row.id === open} />
        ))}
        {found !== undefined && found.state !== 'loading' && rows.length === 0 ? (
          <p className="hint">{emptyWords(list, search, found.state === 'partial')}</p>
        ) : null}
        {found?.more === true ? (
          <button className="more" onClick={() => setPages(pages + 1)}>
            Show more
          </button>
        ) : null}
      </div>
    </section>
  )
}

type NoteShelf = Exclude<Shelf, { shelf: 'reviews' | 'needs-you' }>

const EMPTY: { readonly [S in NoteShelf['shelf']]: string } = {
  all: 'No notes yet. Press + to write the first one.',
  pinned: 'Pin a note and it is always here, and on top of the others.',
  folder: 'Nothing in this folder yet. Press + to write here.',
  trash: 'The trash is empty. What you throw away waits here until you put it back.',
}

function emptyWords(list: NoteShelf, search: string, partial: boolean): string {
  if (partial) return 'Your notes are on their way …'
  return search === '' ? EMPTY[list.shelf] : `Nothing with “${search}”.`
}

function queryOf(notes: Notes, list: NoteShelf, search: string, limit: number) {
  const { note } = notes.space
  if (search.trim() !== '') return note.search(search).limit(limit)
  switch (list.shelf) {
    case 'trash':
      return note
        .where({ trashed: { from: 0 } })
        .orderBy('updatedAt', 'desc')
        .limit(limit)
    case 'pinned':
      return note.where({ pinned: true }).orderBy('updatedAt', 'desc').limit(limit)
    case 'folder':
      return note.where({ folder: list.folder }).orderBy('updatedAt', 'desc').limit(limit)
    case 'all':
      return note.where({}).orderBy('updatedAt', 'desc').limit(limit)
  }
}

function keyOf(list: NoteShelf, search: string, pages: number): string {
  return JSON.stringify([list, search, pages])
}
