// The table of peers in README is that of the committed run, and its last rows are those in which Joinery is behind.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { root } from './examples.ts'

const read = (file: string): string => readFileSync(join(root, file), 'utf8')
const PEERS = ['Hocuspocus', 'y-websocket server']
const DOOR = 'Joinery, y-websocket door'
const OWN = 'Joinery, its own protocol'

/** By the words of README: the section and the column of the committed table, and the side of Joinery that was measured. */
const MEASURED: Readonly<Record<string, readonly [section: string, column: string, side?: string]>> = {
  'edits lost in 3 kills, `kill -9` under 200 edits/s': ['kill', 'edits lost'],
  'deliveries per server CPU second, 100 readers': ['fan-out-100', 'deliveries for a second of server CPU, 1/s'],
  'server CPU to open 259,778 edits after a restart': ['cold-load', 'server CPU, ms'],
  'memory for an open document of 45 KB': ['open-documents', 'memory for an open document, KiB'],
  'a device with 1,000 documents comes back, 2 changed (own protocol)': ['come-back', 'bytes on the wire, KB', OWN],
  '5,000 offline edits, one by one, until another has them': ['batch-single', 'until all are shown, ms'],
  'server CPU for an update, 1,000 documents at 1 a second': ['many-documents', 'server CPU for an update, ms'],
  'an edit shown to 10 readers, p50': ['fan-out-10', 'p50 at 100 edits/s, ms'],
  'an edit shown to 100 readers, p50': ['fan-out-100', 'p50 at 100 edits/s, ms'],
  'an edit shown to 100 readers, p99': ['fan-out-100', 'p99 at 100 edits/s, ms'],
  'an edit shown to 500 readers, p50': ['fan-out-500', 'p50 at 100 edits/s, ms'],
  'an update shown, 1,000 documents at 1 a second, p50': ['many-documents', 'p50, ms'],
  '5,000 offline edits merged into one, until another has them': ['batch-merged', 'until all are shown, ms'],
  'a stock client with 1,000 documents comes back, until it has heard of all': [
    'come-back',
    'until it has heard of all, ms',
  ],
}
const NUMBERS = ['none', 'one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine', 'ten']

const cellsOf = (line: string): string[] => line.split(' | ').map(cell => cell.replace(/^\| | \|$/g, '').trim())

/** What the run has, as it is written there. */
function committed(section: string, column: string, server: string): string | undefined {
  const [, rest = ''] = read('bench/results/peers.md').split(`\n## ${section}\n`)
  const lines = (rest.split('\n## ')[0] ?? '').split('\n').filter(line => line.startsWith('|'))
  const at = cellsOf(lines[0] ?? '').indexOf(column)
  return at === -1 ? undefined : cellsOf(lines.find(line => cellsOf(line)[0] === server) ?? '')[at]
}

const [, table = ''] = read('README.md').split(
  '\n| one run on one machine | Joinery | Hocuspocus | y-websocket server |\n',
)
const [rows = '', after = ''] = table.split('\n\n')
const said = rows.split('\n').slice(1).map(cellsOf)

test('every figure of the table in README is one of the committed run, and each is there', () => {
  const expected = Object.entries(MEASURED).map(([what, [section, column, side = DOOR]]) => [
    what,
    ...[side, ...PEERS].map(server => committed(section, column, server)),
  ])
  expect(said.map(([what, ...cells]) => [what, ...cells.map(cell => cell.replace(/ (?:ms|KiB|KB)$/, ''))])).toEqual(
    expected,
  )
})

test('what README says of where Joinery is behind both is so', () => {
  const isBehind = said.map(([what = '', ...cells]) => {
    const [ours = 0, ...theirs] = cells.map(cell => Number(cell.replaceAll(',', '').split(' ')[0]))
    return theirs.every(one => (what.startsWith('deliveries') ? one > ours : one < ours))
  })
  const first = isBehind.indexOf(true)
  expect(isBehind.slice(first)).not.toContain(false)
  expect(after).toContain(`The last ${NUMBERS[isBehind.length - first]} are where Joinery is behind both.`)
})
