/**
 * The trace of an edit, from its arrival to the first and the last who are shown it: `edit` with `receive`, `gate` and `queue` in it, then
 * `commit`, `publish`, and on each node that shows it `deliver`. Laws:
 * - Of most edits there is none: for those, whoever asks finds `undefined`, no time is read and nothing is made.
 * - A commit is one span, whatever is in it: it links all of its edits that are traced, and is a part of the first one's trace.
 * - OP-01: of spaces there is a digest; of people, devices and documents nothing.
 */
import {
  digestOf,
  hex,
  type Clock,
  type Code,
  type EntryType,
  type Hash,
  type SpanNotes,
  type TraceContext,
  type Tracer,
} from '@joinery/core'
import { encodeUtf8 } from 'lib0/string'

/** As long as a reader may lag before his delivery is no more part of it. */
const DELIVERY_MS = 30_000
const SPACE_BYTES = 8

/** What of an edit is looked at. */
export interface Arrived {
  readonly space: string
  readonly entry: { readonly type: EntryType; readonly bytes: Uint8Array }
  readonly receivedAt?: number | undefined
}

type Answered = { readonly answer: 'acked'; readonly seq: number } | { readonly answer: 'refused'; readonly code: Code }

export interface EditTrace {
  readonly context: TraceContext
  /** Its bytes were looked at. */
  scanned(at: number): void
  /** The commit that holds it began. */
  committing(at: number): void
  answered(answer: Answered, at: number): void
}

/** What was committed, traced, and is not shown yet. */
export interface Publishing {
  readonly context: TraceContext
  /** Everybody here who watches was told, and so were other nodes. */
  done(at: number): void
}

export interface Tracing {
  edit(arrived: Arrived, takenAt: number): EditTrace | undefined
  /** The span of a commit with these in it. */
  commit(traces: readonly EditTrace[], entries: number, beganAt: number, endedAt: number): TraceContext
  publish(commit: TraceContext, space: string, seq: number): Publishing
  /** Readers of this node; each promise resolves once that one was sent it. `from` is what it was published by, here or elsewhere. */
  deliver(from: TraceContext, space: string, seq: number, reached: readonly Promise<void>[]): void
}

export function createTracing(options: {
  readonly tracer: Tracer
  readonly clock: Clock
  readonly hash: Hash | undefined
}): Tracing {
  const { tracer, clock, hash } = options

  const place = (space: string, more: SpanNotes): SpanNotes => ({
    'joinery.space': hex(digestOf(encodeUtf8(space), hash).subarray(0, SPACE_BYTES)),
    ...more,
  })

  return {
    edit({ space, entry, receivedAt }, takenAt) {
      if (!tracer.samples()) return undefined
      const notes = place(space, { 'joinery.type': entry.type, 'joinery.bytes': entry.bytes.length })
      const span = tracer.span({ name: 'edit', kind: 'server', at: receivedAt ?? takenAt, notes })
      const { context } = span
      const part = (name: string, from: number, to: number): void =>
        tracer.span({ name, at: from, parent: context }).end(to)
      if (receivedAt !== undefined) part('receive', receivedAt, takenAt)
      let queuedAt = takenAt
      let isQueued = true
      return {
        context,
        scanned(at) {
          part('gate', takenAt, at)
          queuedAt = at
        },
        committing(at) {
          // Tried again after a commit that failed, it waited all the while.
          if (isQueued) part('queue', queuedAt, at)
          isQueued = false
        },
        answered(answer, at) {
          const isAcked = answer.answer === 'acked'
          span.note({
            'joinery.answer': isAcked ? 'acked' : answer.code,
            ...(isAcked && { 'joinery.seq': answer.seq }),
          })
          span.end(at)
        },
      }
    },
    commit(traces, entries, beganAt, endedAt) {
      for (const trace of traces) trace.committing(beganAt)
      const links = traces.map(({ context }) => context)
      const notes = { 'joinery.entries': entries, 'joinery.traced': traces.length }
      const span = tracer.span({ name: 'commit', at: beganAt, parent: links[0], links, notes })
      span.end(endedAt)
      return span.context
    },
    publish(commit, space, seq) {
      const notes = place(space, { 'joinery.seq': seq })
      const at = clock.monotonic()
      const span = tracer.span({ name: 'publish', kind: 'producer', at, parent: commit, notes })
      return { context: span.context, done: end => span.end(end) }
    },
    deliver(from, space, seq, reached) {
      if (reached.length === 0) return
      const notes = place(space, { 'joinery.seq': seq, 'joinery.readers': reached.length })
      const span = tracer.span({ name: 'deliver', kind: 'consumer', at: clock.monotonic(), parent: from, notes })
      let left = reached.length
      const end = (): void => {
        if (left > 0) span.note({ 'joinery.lagging': left })
        left = 0
        span.end(clock.monotonic())
      }
      const cancel = clock.after(DELIVERY_MS, end)
      for (const one of reached) {
        void one.then(() => {
          // It ended without those who come so late.
          if (left === 0) return
          if (left === reached.length) span.event('first reader', clock.monotonic())
          left -= 1
          if (left > 0) return
          cancel()
          span.event('last reader', clock.monotonic())
          end()
        })
      }
    },
  }
}
