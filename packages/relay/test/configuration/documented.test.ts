// What is written down about settings is what they are. To write it anew: `joinery config --schema > packages/relay/joinery.schema.json`, and
// the table as this test shows it.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { jsonSchema } from '../../src/configuration/json-schema.ts'
import { KEYS, LIMITS, SETTINGS } from '../../src/configuration/settings.ts'
import type { Setting } from '../../src/configuration/setting.ts'

const root = join(import.meta.dirname, '../../../..')
const running = readFileSync(join(root, 'RUNNING.md'), 'utf8')

const code = (text: string | undefined): string => (text === undefined ? '' : `\`${text}\``)

function byItself({ schema }: Setting): string {
  const value = schema.safeParse(undefined).data
  if (value === undefined || (Array.isArray(value) && value.length === 0)) return ''
  return typeof value === 'number'
    ? value.toLocaleString('en')
    : typeof value === 'string'
      ? value
      : JSON.stringify(value)
}

test('every setting is in RUNNING, with its variable, its flag, what it is by itself and what is allowed', () => {
  const rows = KEYS.filter(key => !key.startsWith(LIMITS)).map(key => {
    const setting: Setting = SETTINGS[key]
    const { variable, flag, tells, allowed } = setting
    const cells = [code(key), code(variable), code(flag && `--${flag}`), byItself(setting), `${tells}: ${allowed}`]
    return `| ${cells.join(' | ')} |`
  })
  expect(running).toContain(rows.join('\n'))
})

test('every limit is in RUNNING, with what it is by itself and what is allowed', () => {
  const rows = KEYS.filter(key => key.startsWith(LIMITS)).map(key => {
    const setting: Setting = SETTINGS[key]
    const cells = [
      code(key.slice(LIMITS.length)),
      byItself(setting),
      setting.tells,
      setting.allowed.replace('a whole number ', ''),
    ]
    return `| ${cells.join(' | ')} |`
  })
  expect(running).toContain(rows.join('\n'))
})

test('the schema for editors is the one that settings follow', () => {
  const written = readFileSync(join(root, 'packages/relay/joinery.schema.json'), 'utf8')
  expect(JSON.parse(written)).toEqual(jsonSchema())
})
