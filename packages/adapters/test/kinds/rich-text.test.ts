/** Rich text in Yjs documents, edited as plain text and copied from document to document. */
import type { EngineDocument } from '@joinery/core'
import { seededRandom } from '@joinery/core/testing'
import { expect, test } from 'vitest'
import * as Y from 'yjs'
import { yjs } from '../../src/engines/yjs.ts'

test('[D1] plain edits of a rich text read as edits of a string, whatever stands in it', () => {
  for (let seed = 0; seed < 25; seed++) {
    const random = seededRandom(seed)
    const below = (n: number): number => Math.floor(random.number() * n)
    const doc = yjs.open('1')
    if (seed % 2 === 1) article(doc)
    const body = richOf(doc)
    let model = body.toString()
    for (let step = 0; step < 40; step++) {
      const at = below(model.length + 1)
      if (below(3) < 2) {
        const text = ['a', '\n', 'bc', 'd\ne', '\n\n', '😀'][below(6)] ?? ''
        body.insert(at, text)
        model = model.slice(0, at) + text + model.slice(at)
      } else {
        const count = below(Math.min(8, model.length - at + 1))
        body.delete(at, count)
        model = model.slice(0, at) + model.slice(at + count)
      }
      // Half of a pair is replaced on reading.
      expect(body.toString(), `seed ${seed} step ${step}`).toBe(model.replace(/\p{Surrogate}/gu, '\ufffd'))
      model = body.toString()
    }
    const copy = yjs.open('2')
    copy.apply(doc.encode())
    expect(copy.digest()).toBe(doc.digest())
  }
})

test('[C2] plain edits leave headings, lists, links and formats around them as they are', () => {
  const doc = yjs.open('1')
  article(doc)
  const body = richOf(doc)
  const text = body.toString()
  expect(text).toBe('Title\nSome bold words\nand a break\none\ntwo\n')
  body.insert(text.indexOf('words'), 'plain ')
  body.insert(text.indexOf('Title') + 5, '!')
  expect(doc.content()).toMatchObject({
    body: [
      { name: 'heading', attributes: { level: 2 }, children: ['Title!'] },
      { name: 'paragraph' },
      { name: 'bulletList', children: [{ name: 'listItem' }, { name: 'listItem' }] },
      { name: 'paragraph', children: [] },
    ],
  })
})

test('[C2] lines that are split and joined keep formats, embeds and elements without text, each of them once', () => {
  const doc = yjs.open('1')
  const text = new Y.XmlText()
  text.applyDelta([
    { insert: 'one ' },
    { insert: 'two', attributes: { bold: true } },
    { insert: { image: 'x' } },
    { insert: ' three' },
  ])
  doc.change(() => (doc.raw as Y.Doc).getXmlFragment('body').insert(0, [element('heading', text, element('mention'))]))
  const body = richOf(doc)
  body.insert(6, '\n')
  const bold = (text: string) => ({ text, attributes: { bold: true } })
  const [begin, end] = [
    ['one ', bold('tw')],
    [bold('o'), { embed: { image: 'x' } }, ' three'],
  ]
  const mention = { name: 'mention', attributes: {}, children: [] }
  expect(doc.content()).toEqual({
    body: [
      { name: 'heading', attributes: {}, children: [begin] },
      { name: 'paragraph', attributes: {}, children: [end, mention] },
    ],
  })
  body.delete(6, 1)
  body.insert(6, '!')
  const whole = ['one ', bold('tw!o'), { embed: { image: 'x' } }, ' three']
  expect(doc.content()).toEqual({ body: [{ name: 'heading', attributes: {}, children: [whole, mention] }] })
})

test('[C2] what others type into a line that is emptied here meanwhile stays', () => {
  const [doc, other] = [yjs.open('1'), yjs.open('2')]
  article(doc)
  other.apply(doc.encode())
  richOf(doc).delete(0, 'Title'.length)
  richOf(other).insert(5, 's')
  doc.apply(other.encode())
  expect(richOf(doc).toString()).toBe('s\nSome bold words\nand a break\none\ntwo\n')
})

test('[D4] reading a rich text makes no root of it, and editing it makes one that an editor can bind to', () => {
  const doc = yjs.open('1')
  expect([richOf(doc).toString(), richOf(doc).length, doc.text('body').toString()]).toEqual(['', 0, ''])
  expect((doc.raw as Y.Doc).share.has('body')).toBe(false)
  richOf(doc).insert(0, 'x')
  expect((doc.raw as Y.Doc).getXmlFragment('body').get(0)).toMatchObject({ nodeName: 'paragraph', length: 1 })
})

test('[CR-18] a rich text is no plain text: asked for as the other it answers FIELD_SHAPE', () => {
  const doc = yjs.open('1')
  doc.text('notes').insert(0, 'x')
  expect(() => doc.rich?.('notes').insert(0, 'x')).toThrow(expect.objectContaining({ code: 'FIELD_SHAPE' }))
  richOf(doc).insert(0, 'x')
  expect(() => doc.text('body').insert(0, 'x')).toThrow(expect.objectContaining({ code: 'FIELD_SHAPE' }))
})

test('[C2] a rich text copied from another document is the same, and what was equal is left alone', () => {
  const [doc, from] = [yjs.open('1'), yjs.open('2')]
  article(doc)
  from.apply(doc.encode())
  const other = yjs.open('3')
  other.apply(doc.encode())
  const source = (from.raw as Y.Doc).getXmlFragment('body')
  from.change(() => {
    const paragraph = source.get(1) as Y.XmlElement
    ;(paragraph.get(0) as Y.XmlText).format(0, 4, { italic: true })
    ;(paragraph.get(0) as Y.XmlText).insert(4, ' 😀', { italic: true })
    const heading = source.get(0) as Y.XmlElement
    heading.setAttribute('level', 3 as unknown as string)
    source.insert(2, [new Y.XmlElement('horizontalRule')])
  })
  doc.copyRich?.('body', from)
  expect(doc.content()).toEqual(from.content())
  let updates = 0
  doc.onUpdate(() => (updates += 1))
  doc.copyRich?.('body', from)
  expect(updates).toBe(0)

  const list = (other.raw as Y.Doc).getXmlFragment('body').get(2) as Y.XmlElement
  other.change(() => ((list.get(0) as Y.XmlElement).get(0) as Y.XmlElement).insert(0, [new Y.XmlText('meanwhile ')]))
  const paragraph = (other.raw as Y.Doc).getXmlFragment('body').get(1) as Y.XmlElement
  other.change(() => (paragraph.get(0) as Y.XmlText).insert(15, ', too'))
  doc.apply(other.encode())
  expect(richOf(doc).toString()).toBe('Title\nSome 😀 bold words, too\nand a break\n\nmeanwhile one\ntwo\n')
})

test('[C2] any rich text becomes any other', () => {
  for (let seed = 0; seed < 60; seed++) {
    const [doc, from] = [yjs.open('1'), yjs.open('2')]
    const random = seededRandom(seed)
    grow(doc, random.number)
    if (seed % 2 === 1) from.apply(doc.encode())
    grow(from, random.number)
    doc.copyRich?.('body', from)
    expect(doc.content(), `seed ${seed}`).toEqual(from.content())
  }
})

function richOf(doc: EngineDocument) {
  const body = doc.rich?.('body')
  if (body === undefined) throw new Error('the engine cannot do rich text')
  return body
}

function element(name: string, ...children: (Y.XmlElement | Y.XmlText)[]): Y.XmlElement {
  const made = new Y.XmlElement(name)
  made.insert(0, children)
  return made
}

function article(doc: EngineDocument): void {
  const bold = new Y.XmlText()
  bold.applyDelta([{ insert: 'Some ' }, { insert: 'bold', attributes: { bold: true } }, { insert: ' words' }])
  const heading = element('heading', new Y.XmlText('Title'))
  heading.setAttribute('level', 2 as unknown as string)
  doc.change(() =>
    (doc.raw as Y.Doc)
      .getXmlFragment('body')
      .insert(0, [
        heading,
        element('paragraph', bold, element('hardBreak'), new Y.XmlText('and a break')),
        element(
          'bulletList',
          element('listItem', element('paragraph', new Y.XmlText('one'))),
          element('listItem', element('paragraph', new Y.XmlText('two'))),
        ),
        element('paragraph'),
      ]),
  )
}

/** Random blocks at random places. */
function grow(doc: EngineDocument, chance: () => number): void {
  const root = (doc.raw as Y.Doc).getXmlFragment('body')
  const below = (n: number): number => Math.floor(chance() * n)
  doc.change(() => {
    for (let step = 0; step < 12; step++) {
      const at = below(root.length + 1)
      const there = root.length > 0 ? (root.get(Math.min(at, root.length - 1)) as Y.XmlElement) : undefined
      const what = below(5)
      if (what === 0 && there !== undefined) root.delete(Math.min(at, root.length - 1), 1)
      else if (what === 1 && there !== undefined) there.setAttribute('level', `${below(3)}`)
      else if (what === 2 && there?.get(0) instanceof Y.XmlText)
        (there.get(0) as Y.XmlText).insert(0, 'x', { bold: true })
      else root.insert(at, [element(below(2) === 0 ? 'paragraph' : 'heading', new Y.XmlText(`t${below(4)}`))])
    }
  })
}
