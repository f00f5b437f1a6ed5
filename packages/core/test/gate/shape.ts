/**
 * What a Yjs document comes to, told by ids: which live items stand where. Two that were given the same updates in another order must be told
 * alike (D1), whatever their contents are and wherever Yjs has cut or joined its items.
 */
import * as Y from 'yjs'

export function shapeOf(doc: Y.Doc): string {
  const lines: string[] = []
  for (const [name, type] of [...doc.share].toSorted(([a], [b]) => (a < b ? -1 : 1))) tell(type, name, lines)
  const clocks = [...Y.decodeStateVector(Y.encodeStateVector(doc))].toSorted(([a], [b]) => a - b)
  return [...lines, JSON.stringify(clocks)].join('\n')
}

interface Span {
  readonly author: number
  readonly from: number
  to: number
}

type Shared = Y.ContentType['type']

function tell(type: Shared, path: string, lines: string[]): void {
  const spans: Span[] = []
  const inner: [Shared, string][] = []
  for (let item = type._start; item !== null; item = item.right) {
    if (item.deleted) continue
    const { client, clock } = item.id
    const last = spans.at(-1)
    if (last?.author === client && last.to === clock) last.to += item.length
    else spans.push({ author: client, from: clock, to: clock + item.length })
    if (item.content instanceof Y.ContentType) inner.push([item.content.type, `${client}:${clock}`])
  }
  if (spans.length > 0)
    lines.push(`${path}: ${spans.map(({ author, from, to }) => `${author}:${from}-${to}`).join(' ')}`)
  for (const [key, item] of [...type._map].toSorted(([a], [b]) => (a < b ? -1 : 1))) {
    if (item.deleted) continue
    const { client, clock } = item.lastId
    lines.push(`${path} ${JSON.stringify(key)}: ${client}:${clock}`)
    if (item.content instanceof Y.ContentType) inner.push([item.content.type, `${client}:${item.id.clock}`])
  }
  for (const [below, name] of inner) tell(below, name, lines)
}
