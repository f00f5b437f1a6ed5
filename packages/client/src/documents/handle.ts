/** An opened document as an app holds it: typed by its kind, shared with all who hold it too. */
import { JoineryError, type EngineDocument, type Plain } from '@joinery/core'
import {
  draftOf,
  losers,
  readDocument,
  setTrashed,
  type Draft,
  type Fields,
  type Kind,
  type LatestNames,
  type Loser,
  type View,
} from '@joinery/core/kinds'
import type { Doc } from 'yjs'
import type { PresenceDesk, Present } from '../presence.ts'
import type { Replica } from '../replica/replica.ts'
import type { LiveDocument } from './live-document.ts'
import type { Receipt } from './receipts.ts'

export interface Handle<F extends Fields = Fields> extends Receipt, Disposable {
  readonly id: string
  readonly space: string
  readonly kind: string
  /** The document as it is now; each access reads the present value. */
  readonly view: View<F>
  /**
   * The Yjs document, for editors; edits made on it are saved and sent as any other. It is another one after edits of this document were
   * refused or had to be written anew: `subscribe` is called then, and an editor binds again.
   */
  readonly y: Doc
  /** The engine's own document, whatever the engine. */
  readonly raw: unknown
  /** Edits: assign values, write through the rest. BAD_INPUT for what does not fit; GONE, CLOSED. */
  change(edit: (draft: Draft<F>) => void): Receipt
  /** Whether it is no more: purged, here or elsewhere, or its very first edit was refused. `subscribe` is called when it happens. */
  readonly gone: boolean
  /** Takes back the last edit made here. False when there is none. */
  undo(): boolean
  redo(): boolean
  /** Called after each change, from wherever. Returns what stops it. */
  subscribe(listener: (view: View<F>) => void): () => void
  /** What was written elsewhere at the same time and lost (D7), newest first. */
  losers<K extends LatestNames<F>>(field: K): readonly Loser<Exclude<View<F>[K], undefined>>[]
  /** Moves it to the trash; `client.trash` has it then. */
  delete(): Receipt
  readonly presence: HandlePresence
  /** Lets go of it. The document stays open for others, and until its edits are saved. Twice is once. */
  close(): void
}

export interface HandlePresence {
  /** What others see of this person here: plain data of at most 4 KiB as JSON, or null for nothing. */
  set(state: Plain): void
  others(): readonly Present[]
  /** Called with the others whenever they change. Returns what stops it. */
  subscribe(listener: (others: readonly Present[]) => void): () => void
}

/** Where the platform has no `Symbol.dispose` yet, compilers fall back to this. */
const DISPOSE: typeof Symbol.dispose = Symbol.dispose ?? Symbol.for('Symbol.dispose')

export function handleOf<F extends Fields>(
  replica: Replica,
  presence: PresenceDesk,
  kind: Kind<string, F>,
  live: LiveDocument,
  release: () => void,
): Handle<F> {
  const { space, document } = live
  const stops = new Set<() => void>()
  let closed = false

  /** Stops with the handle, at the latest. */
  const until = (stop: () => void): (() => void) => {
    stops.add(stop)
    return () => {
      stops.delete(stop)
      stop()
    }
  }
  const view = (): View<F> => readDocument(kind, live.doc(), replica.device())
  const write = (edit: (doc: EngineDocument) => void): Receipt => {
    if (closed) throw new JoineryError('CLOSED', { document })
    return live.change(edit)
  }
  const close = (): void => {
    if (closed) return
    closed = true
    for (const stop of stops) stop()
    presence.set(handle, live, null)
    release()
  }

  const handle: Handle<F> = {
    id: document,
    space,
    kind: live.kind,
    get view() {
      return view()
    },
    get y() {
      return live.raw() as Doc
    },
    get raw() {
      return live.raw()
    },
    get gone() {
      return live.gone()
    },
    get saved() {
      return live.lastReceipt().saved
    },
    get acked() {
      return live.lastReceipt().acked
    },
    change: edit => write(doc => edit(draftOf(kind, doc, replica.writeContext()))),
    undo: () => live.undo(),
    redo: () => live.redo(),
    subscribe: listener => until(live.listen(() => listener(view()))),
    losers: field => losers(kind, live.doc(), field),
    delete: () => write(doc => setTrashed(doc, replica.writeContext(), true)),
    presence: {
      set: state => presence.set(handle, live, state),
      others: () => presence.others(live),
      subscribe: listener => until(presence.listen(live, listener)),
    },
    close,
    [DISPOSE]: close,
  }
  return handle
}
