/**
 * What became of a document between two of its states. Laws:
 * - Texts are told by who wrote what; other fields by what they were and are, as their kind shows them.
 * - Who wrote is who the relay says it was. What this device has not sent yet is nobody's there.
 */
import { canonical, type EngineDocument, type Entry, type Plain } from '@joinery/core'
import { passagesOf, type Passage, type TextStep } from '@joinery/core/history'
import { readDocument, type AnyKind } from '@joinery/core/kinds'

/** Who wrote it, in the order in which they began, and when the last of them did, in ms since 1970. */
export interface Writers {
  readonly subjects: readonly string[]
  readonly at: number
}

export interface FieldChange {
  readonly field: string
  /** Undefined when it was nothing, or is. */
  readonly before: Plain | undefined
  readonly after: Plain | undefined
}

export interface Comparison {
  /** Fields that show something else, but for texts. */
  readonly fields: readonly FieldChange[]
  /** By field: the texts that changed. */
  readonly texts: Readonly<Record<string, readonly Passage<Writers>[]>>
}

/** What a document shows. */
export interface Shown {
  readonly texts: ReadonlyMap<string, string>
  readonly values: ReadonlyMap<string, Plain | undefined>
}

/** Edits that are told as one. */
export interface Step {
  readonly updates: readonly Uint8Array[]
  readonly by: Writers
}

/** More are told in as many parts, each of several people: nobody looks through more, and each is a text to compare. */
const STEPS = 300

export function shownOf(kind: AnyKind, doc: EngineDocument): Shown {
  const view = readDocument(kind, doc) as Readonly<Record<string, unknown>>
  const texts = new Map<string, string>()
  const values = new Map<string, Plain | undefined>()
  for (const [field, { policy }] of Object.entries(kind.fields)) {
    if (policy === 'text' || policy === 'richText') texts.set(field, String(view[field]))
    else values.set(field, view[field] as Plain | undefined)
  }
  return { texts, values }
}

/** Entries, by who wrote them in one go. */
export function stepsOf(entries: readonly Entry[]): Step[] {
  const runs: { updates: Uint8Array[]; subject: string; at: number }[] = []
  for (const { subject, at, bytes } of entries) {
    const last = runs.at(-1)
    if (last?.subject !== subject) runs.push({ updates: [bytes], subject, at })
    else {
      last.updates.push(bytes)
      last.at = at
    }
  }
  const size = Math.ceil(runs.length / STEPS)
  return Array.from({ length: Math.ceil(runs.length / Math.max(1, size)) }, (_, part) => {
    const some = runs.slice(part * size, (part + 1) * size)
    return {
      updates: some.flatMap(({ updates }) => updates),
      by: { subjects: [...new Set(some.map(({ subject }) => subject))], at: some.at(-1)?.at ?? 0 },
    }
  })
}

export interface ShownStep {
  readonly shown: Shown
  readonly by: Writers
}

export function compared(before: Shown, steps: readonly ShownStep[]): Comparison {
  const after = steps.at(-1)?.shown ?? before
  const fields: FieldChange[] = []
  for (const [field, value] of after.values) {
    const was = before.values.get(field)
    if (canonical(was) !== canonical(value)) fields.push({ field, before: was, after: value })
  }
  const texts: Record<string, readonly Passage<Writers>[]> = {}
  for (const field of after.texts.keys()) {
    const taken = steps.map(({ shown, by }): TextStep<Writers> => ({ text: shown.texts.get(field) ?? '', by }))
    const passages = passagesOf(before.texts.get(field) ?? '', taken)
    if (passages.some(({ is }) => is !== 'same')) texts[field] = passages
  }
  return { fields, texts }
}
