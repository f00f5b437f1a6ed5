/** Real Yjs documents, edited by several at once, in every way Yjs has. */
import * as Y from 'yjs'
import { randomFrom, type RandomSource } from './random.ts'

export interface EditingOptions {
  readonly docs: number
  readonly edits: number
  readonly gc?: boolean
  readonly onUpdate?: (update: Uint8Array, doc: Y.Doc) => void
  readonly onUpdateV2?: (update: Uint8Array, doc: Y.Doc) => void
  /** Called instead of exchanging everything between two documents. */
  readonly exchange?: (doc: Y.Doc, random: RandomSource) => void
}

/** Documents after so many edits, not brought together at the end. */
export function editedDocs(seed: number, options: EditingOptions): Y.Doc[] {
  const random = randomFrom(seed)
  const docs = Array.from({ length: options.docs }, (_, i) => {
    const doc = new Y.Doc({ gc: options.gc ?? true })
    // Yjs takes its ids from chance; a repeatable test cannot. Some are short, as no id of Yjs is, and some need 53 bits.
    doc.clientID = random.chance(0.1) ? i + 1 : random.chance(0.1) ? 2 ** 50 + i : 1 + random.below(2 ** 32 - 1)
    const { onUpdate, onUpdateV2 } = options
    if (onUpdate) doc.on('update', (update: Uint8Array, _origin: unknown, _doc: Y.Doc, transaction: Y.Transaction) => transaction.local && onUpdate(update, doc)) // prettier-ignore
    if (onUpdateV2) doc.on('updateV2', (update: Uint8Array) => onUpdateV2(update, doc))
    return doc
  })
  for (let i = 0; i < options.edits; i++) {
    const doc = random.pick(docs)
    if (random.chance(0.2)) {
      if (options.exchange) options.exchange(doc, random)
      else {
        const other = random.pick(docs)
        Y.applyUpdate(doc, Y.encodeStateAsUpdate(other, Y.encodeStateVector(doc)))
      }
    } else if (random.chance(0.1)) {
      doc.transact(() => {
        for (let j = random.below(12); j >= 0; j--) edit(doc, random)
      })
    } else {
      edit(doc, random)
    }
  }
  return docs
}

/** One edit somewhere in the document. */
function edit(doc: Y.Doc, random: RandomSource): void {
  const place = random.below(6)
  if (place === 0) editText(doc.getText('text'), random)
  else if (place === 1) editMap(doc.getMap('map'), random)
  else if (place === 2) editArray(doc.getArray('array'), random)
  else if (place === 3) editXml(doc.getXmlFragment('xml'), random)
  else if (place === 4) editText(doc.getText('rich'), random)
  else editNested(doc, random)
}

const WORDS = [
  'a',
  'word',
  'слово',
  '語',
  '😀',
  'e\u0301',
  ' ',
  '\n',
  'a longer run of text that is more than a few bytes',
]

function value(random: RandomSource, depth = 0): unknown {
  const kind = random.below(depth > 3 ? 8 : 11)
  if (kind === 0) return random.below(1_000)
  if (kind === 1) return random.next() * 1e6 - 5e5
  if (kind === 2) return random.pick([null, true, false, '', NaN, -0, 2 ** 40, 1n << 40n])
  if (kind === 3) return random.pick(WORDS)
  if (kind === 4) return -random.below(2 ** 31)
  if (kind === 5) return new Uint8Array(random.below(20))
  if (kind === 6) return random.pick(['~0000000001000', '~00000000010000', '~7vvvvvvvvvvvvv'])
  if (kind === 7) return ['~0000000002000v', random.below(9)]
  if (kind === 8) return Array.from({ length: random.below(4) }, () => value(random, depth + 1))
  return Object.fromEntries(Array.from({ length: random.below(4) }, (_, i) => [`key${i}`, value(random, depth + 1)]))
}

function plain(random: RandomSource): object {
  return random.pick<object>([{ src: 'x' }, { a: [1, 2, { b: null }] }, { 'é"\n': '\ud83d' }, {}])
}

function editText(text: Y.Text, random: RandomSource): void {
  const at = random.below(text.length + 1)
  const kind = random.below(10)
  if (kind < 5 || text.length === 0) text.insert(at, random.pick(WORDS))
  else if (kind < 7) deleteSome(text, random)
  else if (kind === 7) text.insertEmbed(at, plain(random))
  else if (kind === 8)
    text.format(at, Math.min(5, text.length - at), { [random.pick(['bold', 'link'])]: random.pick<unknown>([true, null, { href: 'é' }]) }) // prettier-ignore
  else text.insert(at, random.pick(WORDS), { italic: true })
}

function editArray(array: Y.Array<unknown>, random: RandomSource): void {
  const at = random.below(array.length + 1)
  if (random.chance(0.3) && array.length > 0) deleteSome(array, random)
  else
    array.insert(
      at,
      Array.from({ length: 1 + random.below(3) }, () => (random.chance(0.3) ? shared(random) : listed(value(random)))),
    )
}

/** What Yjs takes as an element of a list: any value but a bare BigInt. */
function listed(found: unknown): unknown {
  return typeof found === 'bigint' ? [found] : found
}

function editMap(map: Y.Map<unknown>, random: RandomSource): void {
  const key = random.pick(['a', 'b', 'c', 'ключ', ''])
  if (random.chance(0.2)) map.delete(key)
  else map.set(key, random.chance(0.3) ? shared(random) : value(random))
}

function editXml(xml: Y.XmlFragment, random: RandomSource): void {
  const at = random.below(xml.length + 1)
  if (random.chance(0.2) && xml.length > 0) return deleteSome(xml, random)
  const child = random.chance(0.3) ? new Y.XmlText() : new Y.XmlElement(random.pick(['p', 'h1', 'изображение']))
  xml.insert(at, [child])
  if (child instanceof Y.XmlElement) {
    child.setAttribute('id', random.pick(WORDS))
    if (random.chance(0.5)) editXml(child, random)
  } else {
    editText(child, random)
  }
}

/** An edit inside something that is already there. */
function editNested(doc: Y.Doc, random: RandomSource): void {
  const inside = [
    ...doc.getMap('map').values(),
    ...doc.getArray('array').toArray(),
    ...doc.getXmlFragment('xml').toArray(),
  ]
  const types = inside.filter(found => found instanceof Y.AbstractType)
  if (types.length === 0) return
  const found = random.pick(types)
  if (found instanceof Y.Map) editMap(found, random)
  else if (found instanceof Y.Array) editArray(found, random)
  else if (found instanceof Y.Text) editText(found, random)
  else if (found instanceof Y.XmlFragment) editXml(found, random)
}

function shared(random: RandomSource): unknown {
  const kind = random.below(5)
  if (kind === 0) return new Y.Map(Object.entries({ inside: value(random) }))
  if (kind === 1) return Y.Array.from([listed(value(random)) as number])
  if (kind === 2) return new Y.Text(random.pick(WORDS))
  if (kind === 3)
    return new Y.Doc({
      guid: `guid${random.below(9)}`,
      gc: random.chance(0.5),
      meta: random.chance(0.5) ? { a: 1 } : null,
    })
  return new Y.XmlElement('p')
}

function deleteSome(
  list: { readonly length: number; delete(at: number, count: number): void },
  random: RandomSource,
): void {
  const at = random.below(list.length)
  list.delete(at, 1 + random.below(Math.min(6, list.length - at)))
}
