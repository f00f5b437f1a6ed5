/**
 * `text` and `richText`: text that several people write in at once, merged by the engine. An editor binds to the engine's own type (the root
 * with the field's name on `raw`); here it is read and edited as plain text by UTF-16 offsets.
 * Law: a structured text is never asked for as a plain one, so that the root keeps its type; an engine without structured text keeps plain text.
 */
import { canonical, type Plain } from '../plain.ts'
import type { EngineText } from '../ports/engine.ts'
import type { HandleField, Place } from './field.ts'
import { rebase } from './text-diff.ts'

/** A text as it was when its string was first asked for: built once, however often it is used. */
export interface ReadonlyText {
  /** In UTF-16 units. */
  readonly length: number
  toString(): string
}

/**
 * A plain text that merges letter by letter.
 *
 * @example
 * ```ts
 * import assert from 'node:assert'
 * import { defineKind, text } from '@joinery/core/kinds'
 *
 * const snippet = defineKind('snippet', { version: 1, fields: { source: text() } })
 * assert.equal(snippet.fields.source.policy, 'text')
 * ```
 */
export function text(): HandleField<ReadonlyText, EngineText, string> {
  return {
    policy: 'text',
    assigned: false,
    read: at => snapshotOf(plainText(at)),
    draft: plainText,
    write: (at, _, value) => append(plainText(at), value),
    reapply: (base, theirs, target) => reapplyPlain(plainText(base), plainText(theirs), plainText(target)),
  }
}

/**
 * A structured text (headings, lists, marks) for a rich editor.
 *
 * @example
 * ```ts
 * import assert from 'node:assert'
 * import { defineKind, richText } from '@joinery/core/kinds'
 *
 * const note = defineKind('note', { version: 1, fields: { body: richText() } })
 * assert.equal(note.fields.body.policy, 'richText')
 * ```
 */
export function richText(): HandleField<ReadonlyText, EngineText, string> {
  return {
    policy: 'richText',
    assigned: false,
    read: at => snapshotOf(structured(at)),
    draft: structured,
    write: (at, _, value) => append(structured(at), value),
    reapply(base, theirs, target) {
      if (rootOf(base) === rootOf(theirs)) return
      // Where nobody wrote meanwhile, the structure is taken over as it is; else what was written, without its formats.
      if (target.doc.copyRich !== undefined && rootOf(base) === rootOf(target)) {
        target.doc.copyRich(target.root, theirs.doc)
      } else {
        reapplyPlain(structured(base), structured(theirs), structured(target))
      }
    },
  }
}

function plainText(at: Place): EngineText {
  return at.doc.text(at.root)
}

function structured(at: Place): EngineText {
  return at.doc.rich?.(at.root) ?? at.doc.text(at.root)
}

function snapshotOf(text: EngineText): ReadonlyText {
  let whole: string | undefined
  const toString = (): string => (whole ??= text.toString())
  return {
    get length() {
      return toString().length
    },
    toString,
  }
}

function append(to: EngineText, value: string): void {
  if (value !== '') to.insert(to.length, value)
}

function reapplyPlain(base: ReadonlyText, theirs: ReadonlyText, target: EngineText): void {
  for (const { at, remove, insert } of rebase(base.toString(), theirs.toString(), target.toString())) {
    if (remove > 0) target.delete(at, remove)
    if (insert !== '') target.insert(at, insert)
  }
}

/** The structure, to compare. */
function rootOf(at: Place): string {
  const content = at.doc.content()
  const isRecord = typeof content === 'object' && content !== null && !Array.isArray(content)
  return canonical(isRecord ? (content as Readonly<Record<string, Plain>>)[at.root] : undefined)
}
