// PROTOCOL.md says what the code does: its tables are compared with the code's, and every rule is one that some test holds to.
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { CODES } from '@joinery/core'
import {
  CLOSE,
  decodeMessage,
  encodeMessage,
  codeOfClose,
  HELLO_BYTES,
  LIST_ITEMS,
  PARTS,
  STATE_BYTES,
  SUBJECT_BYTES,
  TOKEN_BYTES,
  VERSION,
} from '@joinery/core/protocol'
import { samples } from './samples.ts'

const root = join(import.meta.dirname, '../../../..')
const text = readFileSync(join(root, 'PROTOCOL.md'), 'utf8')

/** The cells of the table whose first column has this title. */
function table(title: string): string[][] {
  const lines = text.split('\n')
  const start = lines.findIndex(line => line.startsWith(`| ${title} |`))
  const rows = lines.slice(start + 2)
  const cells = rows
    .slice(
      0,
      rows.findIndex(line => !line.startsWith('|')),
    )
    .map(row => row.split('|').slice(1, -1))
    .map(row => row.map(cell => cell.trim()))
  expect(cells.length, `rows of ${title}`).toBeGreaterThan(0)
  return cells
}

/** The rules, by number, with what is said of them up to the next. */
const rules = new Map(
  text.split(/^- (?=\*\*P\d+\*\*)/m).flatMap(part => {
    const [, number = '', said = ''] = /^\*\*P(\d+)\*\*([^]*)/.exec(part) ?? []
    return number === '' ? [] : [[Number(number), said.split('\n## ')[0] ?? ''] as const]
  }),
)

/** Names of fields at the top of a row: those inside brackets belong to the items of a list. */
function fieldNames(row: string): string[] {
  return row
    .replaceAll(/\([^)]*\)/g, '')
    .split(', ')
    .map(field => /^\w+/.exec(field)?.[0] ?? '')
}

describe('[P1] the table of messages is that of the code', () => {
  const rows = table('number')

  test('all of them, in order', () => {
    expect(rows.map(([, name = '']) => name.slice(1, -1)).toSorted()).toEqual(Object.keys(samples).toSorted())
    const numbers = rows.map(([number]) => Number(number))
    expect(numbers).toEqual(numbers.toSorted((a, b) => a - b))
  })

  test.each(rows)('%s %s from %s', (number, name, _, fields = '') => {
    const forms = Object.values(samples[name?.slice(1, -1) as keyof typeof samples])
    for (const message of forms) {
      const frame = encodeMessage(message)
      expect(frame[0]).toBe(Number(number))
      const read = Object.keys(decodeMessage(frame) ?? {}).filter(field => field !== 'type')
      expect(read).toEqual(fieldNames(fields))
    }
  })
})

test('[P2] sizes are those of the code', () => {
  const count = (value: number): string => value.toLocaleString('en-US')
  const fieldsByName = new Map(table('number').map(([, name = '', , fields = '']) => [name.slice(1, -1), fields]))
  expect(fieldsByName.get('hello')).toContain(`token: text ≤ ${count(TOKEN_BYTES)}`)
  expect(fieldsByName.get('auth')).toContain(`token: text ≤ ${count(TOKEN_BYTES)}`)
  expect(fieldsByName.get('presence')).toContain(`subject: text ≤ ${count(SUBJECT_BYTES)}`)
  expect(fieldsByName.get('presence')).toContain(`state?: text ≤ ${count(STATE_BYTES)}`)
  expect(fieldsByName.get('welcome')).toContain(`subject: text ≤ ${count(SUBJECT_BYTES)}`)
  expect(rules.get(2)).toContain(`at most ${count(LIST_ITEMS)}`)
  expect(rules.get(10)).toContain(`at most ${count(HELLO_BYTES)} bytes`)
  expect(rules.get(55)).toContain(`at most ${count(STATE_BYTES)} bytes`)
  expect(rules.get(65)).toContain(`at most ${count(PARTS)}`)
  expect(text).toContain(`version ${VERSION}.`)
})

test('[P71] what a client does about each code is what the code says', () => {
  const rows = table('then').map(([then = '', codes = '']) => [then.split(':')[0], codes.split(', ').toSorted()])
  const byThen = Map.groupBy(Object.entries(CODES), ([, then]) => then)
  const expected = [...byThen].map(([then, codes]) => [then, codes.map(([code]) => code).toSorted()])
  expect(new Map(rows as [string, string[]][])).toEqual(new Map(expected as [string, string[]][]))
})

test('[P72] the close codes are those of the code, and so are the final ones', () => {
  const rows = table('close')
  expect(Object.fromEntries(rows.map(([code, name]) => [name, Number(code)]))).toEqual(CLOSE)
  const final = Object.values(CLOSE).filter(code => CODES[codeOfClose(code) ?? 'REPLACED'] === 'stop')
  expect(rules.get(72)).toContain(`: ${final.join(', ')}.`)
})

describe('every rule is checkable', () => {
  const titles = globSync(['packages/*/{src,test}/**/*.test.ts', 'test/**/*.test.ts'], {
    cwd: root,
    exclude: ['**/node_modules/**'],
  }).map(file => readFileSync(join(root, file), 'utf8'))
  const cited = new Set(titles.flatMap(source => [...source.matchAll(/\[([A-Z]+-?\d+)\]/g)].map(([, id = '']) => id)))

  test('numbers rise and none is used twice', () => {
    const numbers = [...text.matchAll(/^- \*\*P(\d+)\*\*/gm)].map(([, number]) => Number(number))
    expect(numbers).toEqual([...new Set(numbers)].toSorted((a, b) => a - b))
    expect(numbers.length).toBeGreaterThan(60)
  })

  test('a test cites each, or each law and fault that it stands on', () => {
    const unheld = [...rules].filter(([number, said]) => {
      const basis = [...said.matchAll(/\((?:[^()]*; )?((?:[A-Z]{1,2}-?\d+)(?:, [A-Z]{1,2}-?\d+)*)\)/g)].flatMap(
        ([, ids = '']) => ids.split(', '),
      )
      return !cited.has(`P${number}`) && (basis.length === 0 || basis.some(id => !cited.has(id)))
    })
    expect(unheld.map(([number]) => `P${number}`)).toEqual([])
  })

  test('a test cites none that is not there', () => {
    const ours = [...cited].filter(id => /^P\d+$/.test(id)).map(id => Number(id.slice(1)))
    expect(ours.filter(number => !rules.has(number))).toEqual([])
  })
})
