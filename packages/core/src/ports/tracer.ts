/**
 * Port: spans, for whoever wants to see where the time of an edit went. Laws:
 * - Nothing waits for it and nothing fails by it: no method blocks or throws, and spans that cannot be handed on are dropped.
 * - `samples` says whether something that begins now is traced. It is called for every edit and makes nothing; what it says no to costs no more.
 * - A span that ended is not touched again. Times are `Clock.monotonic()` of this process.
 * - What a span says is a number, a boolean or a word of the code (OP-01): names of people, spaces and documents are not for it.
 */
export interface Tracer {
  samples(): boolean
  span(start: SpanStart): Span
  /** Hands on what there is, in a few seconds at most. */
  close(): Promise<void>
}

export interface SpanStart {
  readonly name: string
  readonly at: number
  /** `server`: somebody asked for it. `producer`, `consumer`: the two sides of a hint between nodes. */
  readonly kind?: 'server' | 'producer' | 'consumer'
  /** What it is a part of, in this process or another. Without it, it begins a trace. */
  readonly parent?: TraceContext | undefined
  readonly links?: readonly TraceContext[]
  readonly notes?: SpanNotes
}

export type SpanNotes = Readonly<Record<string, string | number | boolean>>

export interface Span {
  readonly context: TraceContext
  note(notes: SpanNotes): void
  /** Something that happened meanwhile. */
  event(name: string, at: number): void
  end(at: number): void
}

/** Which span, in lower hex as W3C's Trace Context has it: 16 bytes and 8, neither of them all 0. */
export interface TraceContext {
  readonly trace: string
  readonly span: string
}
