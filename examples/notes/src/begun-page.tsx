/**
 * A note that was begun just now takes letters at once, while it and its editor are still loaded and opened: what is typed becomes its
 * title, and from the first Enter on its body. Nobody who types fast loses a letter, and a phone shows its keyboard, which it does only
 * within the tap.
 */

export interface Begun {
  /** What is not in the note yet; undefined once it is. */
  readonly typed: string | undefined
  /** A word is being composed (as Chinese is): it stays where it is until it is whole. */
  readonly isComposing: boolean
  /** The note has it. */
  onTaken(): void
}

interface Props {
  readonly typed: string
  onType(typed: string, isComposing: boolean): void
}

export function BegunPage({ typed, onType }: Props) {
  return (
    <div className="page">
      <div>
        <textarea
          className="title"
          rows={1}
          aria-label="Title"
          placeholder="Untitled"
          autoFocus
          value={typed}
          onChange={({ currentTarget, nativeEvent }) =>
            onType(currentTarget.value, nativeEvent instanceof InputEvent && nativeEvent.isComposing)
          }
          onCompositionStart={() => onType(typed, true)}
          onCompositionEnd={({ currentTarget }) => onType(currentTarget.value, false)}
        />
      </div>
    </div>
  )
}
