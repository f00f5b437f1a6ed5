/** One note in the list: title, when, the first words. */
import type { Notes } from './notes.ts'
import { go, type Place } from './place.ts'
import { when } from './when.ts'

export type NoteRow = Awaited<ReturnType<ReturnType<Notes['space']['note']['where']>['get']>>['rows'][number]

export function NoteCard({ row, place }: { readonly row: NoteRow; readonly place: Place }) {
  return (
    <button
      className="card"
      aria-current={place.note === row.id}
      onClick={() => go({ list: place.list, note: row.id })}
    >
      <b>
        <span>
          {row.pinned ? <span className="pin" title="Pinned">◆</span> : null}
          {row.title === '' ? 'Untitled' : row.title}
        </span>
        <time dateTime={new Date(row.updatedAt).toISOString()}>{when(row.updatedAt)}</time>
      </b>
      <p>{row.excerpt === '' ? 'No text' : row.excerpt}</p>
    </button>
  )
}
