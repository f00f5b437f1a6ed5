/** The notes of a place, newest first, pinned on top; or what a search finds. Pages of 50 as one scrolls for more. */
import { useState } from 'react'
import { NoteCard } from './note-card.tsx'
import type { Notes } from './notes.ts'
import type { Place, Shelf } from './place.ts'
import { useLive } from './use-live.ts'

const PAGE = 50

interface Props {
  readonly notes: Notes
  readonly place: Place
  readonly search: string
  onSearch(text: string): void
  onCreate(): void
}

export function NoteList({ notes, place, search, onSearch, onCreate }: Props) {
  const [pages, setPages] = useState(1)
  const found = useLive(() => queryOf(notes, place.list, search, pages * PAGE), keyOf(place.list, search, pages))
  const rows = found?.rows ?? []
  const cards = place.list.shelf === 'all' ? [...rows].sort((a, b) => Number(b.pinned) - Number(a.pinned)) : rows
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
          <NoteCard key={row.id} row={row} place={place} />
        ))}
        {found !== undefined && found.state !== 'loading' && rows.length === 0 ? (
          <p className="hint">
            {search === '' ? EMPTY[place.list.shelf] : `Nothing with “${search}”.`}
            {found.state === 'partial' ? ' Older notes are still on their way.' : ''}
          </p>
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

const EMPTY: { readonly [S in Shelf['shelf']]: string } = {
  all: 'No notes yet. The first one is a + away.',
  pinned: 'Pin a note and it is always here.',
  folder: 'This folder is empty.',
  trash: 'The trash is empty.',
}

function queryOf(notes: Notes, list: Shelf, search: string, limit: number) {
  const { note } = notes.space
  if (search.trim() !== '') return note.search(search).limit(limit)
  switch (list.shelf) {
    case 'trash':
      return note.where({ trashed: { from: 0 } }).orderBy('updatedAt', 'desc').limit(limit)
    case 'pinned':
      return note.where({ pinned: true }).orderBy('updatedAt', 'desc').limit(limit)
    case 'folder':
      return note.where({ folder: list.folder }).orderBy('updatedAt', 'desc').limit(limit)
    case 'all':
      return note.where({}).orderBy('updatedAt', 'desc').limit(limit)
  }
}

function keyOf(list: Shelf, search: string, pages: number): string {
  return JSON.stringify([list, search, pages])
}
