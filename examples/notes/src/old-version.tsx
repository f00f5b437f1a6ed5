/** A note as it was at a version, with what became of it since; and the ways on: bring it back, or give it a name. */
import { passagesOf } from '@joinery/core/history'
import { useState, type FormEvent } from 'react'
import { otherFields } from './changes-in-words.ts'
import {
  useComparison,
  whyNot,
  type Comparison,
  type DocumentVersion,
  type Passage,
  type Past,
  type Writers,
} from './history.ts'
import type { OpenNote } from './notes.ts'
import { whenExactly } from './when.ts'

interface Props {
  readonly past: Past
  readonly note: OpenNote
  readonly version: DocumentVersion
  readonly news: string
  onRestored(): void
  /** The list is to be asked for again. */
  onNamed(): void
}

export function OldVersion({ past, note, version, news, onRestored, onNamed }: Props) {
  const found = useComparison(past, version.seq, news)
  const [isMarked, mark] = useState(true)
  const [trouble, say] = useState('')
  const [isBusy, busy] = useState(false)
  const attempt = (work: Promise<unknown>, done: () => void): void => {
    busy(true)
    const finish = async (): Promise<void> => {
      try {
        await work
        done()
      } catch (error) {
        say(whyNot(error))
      }
      busy(false)
    }
    void finish()
  }
  return (
    <div className="page old" role="region" aria-label="Old version">
      <div>
        <div className="old-bar">
          <span>
            {version.name === null ? null : <strong>{version.name.name} · </strong>}
            As it was {whenExactly(version.to)}
          </span>
          <button
            className="do"
            disabled={isBusy}
            onClick={() => attempt(past.restore(version.seq, { keepAs: 'Before going back' }), onRestored)}
          >
            Restore this version
          </button>
          <Naming
            key={version.seq}
            version={version}
            isBusy={isBusy}
            onName={name => attempt(past.name(version.seq, name), onNamed)}
          />
          <label>
            <input type="checkbox" checked={isMarked} onChange={event => mark(event.currentTarget.checked)} />
            Show what changed since
          </label>
        </div>
        {trouble === '' ? null : <p role="alert">{trouble}</p>}
        {found === undefined ? null : typeof found === 'string' ? (
          <p className="hint" role="status">
            {found}
          </p>
        ) : (
          <Compared note={note} found={found} isMarked={isMarked} />
        )}
      </div>
    </div>
  )
}

function Compared({
  note,
  found,
  isMarked,
}: {
  readonly note: OpenNote
  readonly found: Comparison
  readonly isMarked: boolean
}) {
  const title = found.fields.find(({ field }) => field === 'title')
  const before = title === undefined ? note.view.title : wordsOf(title.before)
  const heading =
    title === undefined
      ? [{ is: 'same' as const, text: before }]
      : passagesOf(before, [{ text: wordsOf(title.after), by: undefined }])
  const passages = found.texts['body'] ?? [{ is: 'same' as const, text: note.view.body.toString() }]
  const others = otherFields({ ...found, fields: found.fields.filter(({ field }) => field !== 'title') })
  const isSame = title === undefined && found.texts['body'] === undefined && others === ''
  return (
    <>
      <h1 className="title">
        {before === '' && (title === undefined || !isMarked) ? 'Untitled' : null}
        <Passages passages={heading} isMarked={isMarked} />
      </h1>
      <p className="meta">
        {isSame ? 'This is what the note says now.' : null}
        {others === '' || !isMarked ? null : `Also changed since: ${others}`}
      </p>
      <div className="old-text">
        <Passages passages={passages} isMarked={isMarked} />
      </div>
    </>
  )
}

function Passages({
  passages,
  isMarked,
}: {
  readonly passages: readonly Passage<Writers | undefined>[]
  readonly isMarked: boolean
}) {
  return passages.map((passage, at) => {
    if (passage.is === 'same') return <span key={at}>{passage.text}</span>
    if (!isMarked) return passage.is === 'removed' ? <span key={at}>{passage.text}</span> : null
    const by = byWhom(passage.by)
    return passage.is === 'added' ? (
      <ins key={at} title={`Added${by}`}>
        {passage.text}
      </ins>
    ) : (
      <del key={at} title={`Removed${by}`}>
        {passage.text}
      </del>
    )
  })
}

function byWhom(writers: Writers | undefined): string {
  if (writers === undefined) return ''
  return writers.subjects.length === 0 ? ' by you, not sent yet' : ` by ${writers.subjects.join(', ')}`
}

function wordsOf(value: unknown): string {
  return typeof value === 'string' ? value : ''
}

interface NamingProps {
  readonly version: DocumentVersion
  readonly isBusy: boolean
  onName(name: string): void
}

function Naming({ version, isBusy, onName }: NamingProps) {
  const known = version.name?.name ?? ''
  const [name, write] = useState<string | undefined>(undefined)
  if (name === undefined) {
    return (
      <button className="quiet" disabled={isBusy} onClick={() => write(known)}>
        {known === '' ? 'Name this version' : 'Rename'}
      </button>
    )
  }
  const submit = (event: FormEvent): void => {
    event.preventDefault()
    write(undefined)
    if (name.trim() !== known) onName(name)
  }
  return (
    <form onSubmit={submit}>
      <input
        className="naming"
        aria-label="Name of this version"
        placeholder="Before the meeting"
        maxLength={100}
        autoFocus
        value={name}
        onChange={event => write(event.currentTarget.value)}
        onKeyDown={event => {
          if (event.key === 'Escape') write(undefined)
        }}
      />
      <button className="quiet">Save</button>
    </form>
  )
}
