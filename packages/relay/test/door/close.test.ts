// How a connection at the door ends is in PROTOCOL.md, and stock clients read it as it says there.
import { CODES, type Code } from '@joinery/core'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { closeOf, DOOR_CLOSE } from '../../src/door/close.ts'

test('[P123] the close codes are those of the page', () => {
  const lines = readFileSync(join(import.meta.dirname, '../../../../PROTOCOL.md'), 'utf8').split('\n')
  const rows = lines.slice(lines.indexOf('| door | name | when |') + 2).filter(line => line.startsWith('|'))
  const cells = rows.map(row => row.split('|').map(cell => cell.trim()))
  expect(Object.fromEntries(cells.map(([, code, name = '']) => [name, Number(code)]))).toEqual(DOOR_CLOSE)
})

test('[P123] what a new connection may mend is no code that a stock client gives up on', () => {
  const weather: Code[] = ['UNAVAILABLE', 'RATE_LIMITED', 'QUOTA']
  for (const code of weather) expect(closeOf(code)).toBe(1013)
  const final = Object.keys(CODES).filter(code => closeOf(code as Code) >= 4400 && closeOf(code as Code) < 4500)
  expect(final).toContain('CONFLICTING_AUTHORSHIP')
  expect(final.filter(code => weather.includes(code as Code))).toEqual([])
})
