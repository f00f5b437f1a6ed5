/** In place of a document that cannot be opened: why, and the ways on. */
import { go, type Place } from './place.ts'
import type { Opened } from './use-document.ts'

interface Props {
  readonly place: Place
  readonly opened: Extract<Opened<never>, { at: 'closed' }>
}

export function Closed({ place, opened }: Props) {
  return (
    <div className="hint">
      <p>{opened.why}</p>
      <p>
        <button onClick={opened.again}>Try again</button> or{' '}
        <button onClick={() => go({ list: place.list, note: undefined })}>go back to the list</button>
      </p>
    </div>
  )
}
