// The page for whoever runs a relay has every event of the log with its level, and no other; and neither an alert nor the doctor sends
// anybody to look for one that there is not.
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { CODES } from '../../src/doctor/codes.ts'

const root = join(import.meta.dirname, '../../../..')
const read = (file: string): string => readFileSync(join(root, file), 'utf8')
const sources = globSync('packages/relay/src/**/*.ts', { cwd: root, exclude: ['**/*.test.ts'] })
const running = read('RUNNING.md')

/** `event level`, of every call that writes a line. */
function written(): Set<string> {
  const found = sources.flatMap(file => [
    ...[...read(file).matchAll(/\blog\.(info|warn|error)\(\s*'([a-z-]+)'/g)].map(
      ([, level, event]) => `${event} ${level}`,
    ),
    // What ends the process.
    ...[...read(file).matchAll(/\b(?:die|run)\('([a-z]+)', error\)/g)].map(([, event]) => `${event} error`),
  ])
  return new Set(found)
}

/** As the table has them. */
function documented(): string[] {
  const [, table = ''] = running.split('\n| event | level | says |\n')
  return [...table.matchAll(/^\| `([a-z-]+)` \| (info|warn|error) \| \S/gm)].map(
    ([, event, level]) => `${event} ${level}`,
  )
}

test('every event of the log is in RUNNING with its level, once, and no other', () => {
  expect(documented().toSorted()).toEqual([...written()].toSorted())
})

test('every event is written by its name, so that the test above sees it', () => {
  const others = sources.flatMap(file =>
    [...read(file).matchAll(/\blog\.(?:info|warn|error)\((?!\s*')(\w+)/g)].map(([, first]) => `${file} ${first}`),
  )
  // The passing on of all events alike, and the end of the process.
  expect(new Set(others)).toEqual(
    new Set(['packages/relay/src/log.ts event', 'packages/relay/src/commands/serve.ts reason']),
  )
})

test('events that alerts and the doctor name are there', () => {
  const events = new Set(documented().map(line => line.split(' ')[0]))
  const told = Object.values<{ level: string; todo?: string }>(CODES).map(({ todo = '' }) => todo)
  const texts = [read('deploy/alerts.yaml'), read('deploy/fleet-alerts.yaml'), ...told]
  const named = texts.flatMap(text =>
    [...text.matchAll(/(?:ook (?:at the log )?for|and|or) `([a-z-]+)`/g)].map(([, event = '']) => event),
  )
  expect(named.length).toBeGreaterThan(10)
  expect(named.filter(event => !events.has(event))).toEqual([])
})
