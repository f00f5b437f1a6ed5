/**
 * Builds a plain value from anything that has parts, without recursion: documents made before there were limits nest thousands deep (CR-16).
 * Laws: records have no prototype, so nothing is inherited (CR-17), and their keys are sorted, so every replica's are in the same order.
 */
import type { Plain } from '@joinery/core'

/** What a source with parts becomes; the parts are built afterwards. */
export interface Parts<S> {
  list(sources: readonly S[]): Plain
  record(fields: Readonly<Record<string, S>>): Plain
}

/** The plain value of `source`; `shape` says what one source is, and names its parts. */
export function assemble<S>(source: S, shape: (source: S, parts: Parts<S>) => Plain): Plain {
  const rest: { readonly source: S; put(value: Plain): void }[] = []
  const parts: Parts<S> = {
    list(sources) {
      const list: Plain[] = Array.from(sources, () => null)
      for (const [at, part] of sources.entries()) rest.push({ source: part, put: value => (list[at] = value) })
      return list
    },
    record(fields) {
      const record = Object.create(null) as Record<string, Plain>
      for (const key of Object.keys(fields).sort()) {
        record[key] = null
        rest.push({ source: fields[key] as S, put: value => (record[key] = value) })
      }
      return record
    },
  }
  let result: Plain = null
  rest.push({ source, put: value => (result = value) })
  for (let next = rest.pop(); next !== undefined; next = rest.pop()) next.put(shape(next.source, parts))
  return result
}

/** A copy of a plain value that shares nothing with it and inherits nothing. */
export function bare(value: Plain): Plain {
  return assemble(value, (source, parts) => {
    if (typeof source !== 'object' || source === null) return source
    if (source instanceof Uint8Array) return Uint8Array.from(source)
    if (isList(source)) return parts.list(source)
    return parts.record(source)
  })
}

function isList(value: Plain): value is readonly Plain[] {
  return Array.isArray(value)
}
