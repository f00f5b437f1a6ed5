/** Versions of a note, beside it: who wrote when, and a glimpse of what. Arrows move along the list, Escape leaves it. */
import type { KeyboardEvent } from 'react'
import { firstWords, otherFields } from './changes-in-words.ts'
import { colourOf } from './people.ts'
import type { ListedVersion, VersionList } from './version-list.ts'
import { whenExactly } from './when.ts'

interface Props {
  readonly list: VersionList
  /** The seq of the one that is shown. */
  readonly chosen: number | undefined
  onChoose(seq: number | undefined): void
  onClose(): void
}

export function HistoryPanel({ list, chosen, onChoose, onClose }: Props) {
  const { shown } = list
  return (
    <aside className="history" aria-label="History" onKeyDown={event => keys(event, onClose)}>
      <header>
        <h2>History</h2>
        <button aria-label="Close history" title="Close" onClick={onClose}>
          ×
        </button>
      </header>
      {shown.at === 'away' ? (
        <p className="hint" role="status">
          {shown.why} <button onClick={list.again}>Try again</button>
        </p>
      ) : shown.at === 'asking' ? (
        <p className="hint" role="status">
          Looking …
        </p>
      ) : (
        <ol>
          <li>
            <button
              className="version"
              aria-current={chosen === undefined}
              autoFocus
              onClick={() => onChoose(undefined)}
            >
              <b>Now</b>
              <p>The note as it is. Go on writing.</p>
            </button>
          </li>
          {shown.versions.map(version => (
            <li key={version.seq}>
              <VersionButton
                version={version}
                current={version.seq === chosen}
                onChoose={() => onChoose(version.seq)}
              />
            </li>
          ))}
          {shown.isMore ? (
            <li>
              <button className="more" onClick={list.more}>
                Earlier versions
              </button>
            </li>
          ) : null}
        </ol>
      )}
    </aside>
  )
}

interface VersionProps {
  readonly version: ListedVersion
  readonly current: boolean
  onChoose(): void
}

function VersionButton({ version, current, onChoose }: VersionProps) {
  const { authors, beginning, changes, name, to } = version
  const [added, removed] = [firstWords(changes, 'added'), firstWords(changes, 'removed')]
  const others = otherFields(changes)
  return (
    <button className="version" aria-current={current} onClick={onChoose}>
      {name === null ? null : <strong>{name.name}</strong>}
      <b>
        <time dateTime={new Date(to).toISOString()}>{whenExactly(to)}</time>
      </b>
      <span className="by">
        {authors.map(author => (
          <span key={author}>
            <i style={{ background: colourOf(author) }} />
            {author}
          </span>
        ))}
      </span>
      {beginning ? <p>All that was written before.</p> : null}
      {added === '' ? null : (
        <p>
          <ins>{added}</ins>
        </p>
      )}
      {added !== '' || removed === '' ? null : (
        <p>
          <del>{removed}</del>
        </p>
      )}
      {others === '' ? null : <p>{others}</p>}
    </button>
  )
}

function keys(event: KeyboardEvent<HTMLElement>, close: () => void): void {
  if (event.key === 'Escape') return close()
  const step = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0
  if (step === 0) return undefined
  const buttons = [...event.currentTarget.querySelectorAll<HTMLButtonElement>('ol button')]
  const at = buttons.findIndex(button => button === document.activeElement)
  buttons[Math.min(buttons.length - 1, Math.max(0, at + step))]?.focus()
  return event.preventDefault()
}
