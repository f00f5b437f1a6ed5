/** One note in the list: title, when, the first words. */
import type { Notes } from './notes.ts'
import { go, type Shelf } from './place.ts'
import { when } from './when.ts'

export type NoteRow = Awaited<ReturnType<ReturnType<Notes['space']['note']['where']>['get']>>['rows'][number]

interface Props {
  readonly row: NoteRow
  readonly list: Shelf
  readonly open: boolean
}

export function NoteCard({ row, list, open }: Props) {
  return (
    <button className="card" aria-current={open} onClick={() => go({ list, note: row.id })}>
      <b>
        <span>
          {row.pinned ? (
            <span className="pin" title="Pinned">
              ◆
            </span>
          ) : null}
          {row.title === '' ? 'Untitled' : row.title}
        </span>
        <time dateTime={new Date(row.updatedAt).toISOString()}>{when(row.updatedAt)}</time>
      </b>
      <p>{row.excerpt === '' ? 'No text yet' : row.excerpt}</p>
    </button>
  )
}
