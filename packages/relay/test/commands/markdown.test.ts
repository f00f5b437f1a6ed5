import { expect, test } from 'vitest'
import { markdownOf } from '../../src/export/markdown.ts'

const element = (name: string, children: readonly unknown[], attributes: object = {}): object => ({
  name,
  attributes,
  children,
})

test('rich text becomes Markdown, and every word of it is there', () => {
  const content = {
    fields: { title: 'not here' },
    body: [
      element('heading', ['Plan'], { level: 2 }),
      element('paragraph', [
        'Buy ',
        { text: 'bread ', attributes: { bold: {} } },
        { text: 'now', attributes: { link: { href: 'https://a.example' } } },
      ]),
      element('bulletList', [
        element('listItem', [element('paragraph', ['one'])]),
        element('listItem', [element('paragraph', ['two']), element('paragraph', ['more of two'])]),
      ]),
      element('orderedList', [element('listItem', [element('paragraph', ['first'])])]),
      element('taskList', [element('taskItem', [element('paragraph', ['done'])], { checked: true })]),
      element('blockquote', [element('paragraph', ['said'])]),
      element('codeBlock', ['let a\nlet b']),
      element('marquee', ['odd']),
    ],
  }
  expect(markdownOf(content)).toBe(`## Plan

Buy **bread** [now](https://a.example)

- one
- two

  more of two

1. first

- [x] done

> said

\`\`\`
let a
let b
\`\`\`

odd
`)
})

test('plain text is as it is, several texts are told apart, and what is no text has no Markdown', () => {
  expect(markdownOf({ body: 'one\ntwo' })).toBe('one\ntwo\n')
  expect(markdownOf({ a: 'x', b: [{ text: 'y', attributes: { code: true } }] })).toBe(
    '<!-- a -->\n\nx\n\n<!-- b -->\n\n`y`\n',
  )
  expect(markdownOf({ fields: { a: 1 }, items: [1, 2] })).toBe('12\n')
  expect(markdownOf({ fields: { a: 1 } })).toBe(undefined)
  expect(markdownOf(3)).toBe(undefined)
})
