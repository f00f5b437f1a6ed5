import { expect, test } from 'vitest'
import { virtualClock } from '@joinery/core/testing'
import { reasonOf, whereOf, withFields, type LogFields } from '../../src/log.ts'
import { jsonLog } from '../../src/logs/json-log.ts'
import { printable, SECRET_FIELDS } from '../../src/logs/redaction.ts'
import { thinned } from '../../src/logs/thinning.ts'
import { createCounters } from '../../src/metrics/counters.ts'

const JWT = `${btoa('{"alg":"HS256"}')}.${btoa('{"sub":"ann","exp":1}').replaceAll('=', '')}.c2lnbmF0dXJlLW9mLWl0`

function recorded(): { log: ReturnType<typeof jsonLog>; lines: string[] } {
  const lines: string[] = []
  return { log: jsonLog({ write: line => void lines.push(line) }), lines }
}

test.for([
  ['in an address', `GET /y/garden/d?token=${JWT}&x=1`],
  ['escaped in an address', `/y/garden/d?token=${encodeURIComponent(JWT)}`],
  ['in a header', `Authorization: Bearer ${JWT}`],
  ['in JSON', `{"token":"${JWT}"}`],
  ['by itself', JWT],
  ['cut off', JWT.slice(0, -20)],
  ['behind much', `${'x'.repeat(280)} ${JWT}`],
  ['of development', 'hello dev:somebody-secret'],
  ['in a PEM', '-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIE\n-----END PRIVATE KEY-----'],
] as const)('[AU-10] a token %s is not printed', ([, text]) => {
  const said = printable(text)
  for (const part of [...JWT.split('.'), 'somebody-secret', 'MC4CAQAwBQYDK2VwBCIEIE']) expect(said).not.toContain(part)
  expect(said).toContain('[redacted]')
})

test('[OP-02] whatever a name holds, a line is one line, is JSON, and moves no cursor', () => {
  const controls = /[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]/u
  const said = (subject: string): string => {
    const { log, lines } = recorded()
    log.info('closing', { subject })
    expect(lines).toHaveLength(1)
    expect(lines[0]?.indexOf('\n')).toBe((lines[0]?.length ?? 0) - 1)
    const value = (JSON.parse(lines[0] ?? '') as { subject: string }).subject
    expect(controls.test(value)).toBe(false)
    expect(value).not.toContain('\n')
    return value
  }
  expect(said('ann\n{"level":"error","event":"made-up"}')).toContain('ann\\u000a')
  expect(said('\u001b[2Jann\u009b31m')).toBe('\\u001b[2Jann\\u009b31m')
  expect(said('a\u202enna')).toBe('a\\u202enna')
  for (let unit = 0; unit < 0x1_0000; unit += unit < 0x100 ? 1 : 61) said(`ann${String.fromCharCode(unit)}`)
  expect(said('\ud800')).toBe('\\ud800')
})

test('an ordinary value is printed as it is', () => {
  for (const value of [
    'garden',
    'ann@example.org',
    'Zoë',
    '2001:db8::1',
    'author 00ff has 3, needs 2',
    'f3a9c1d2e4b5a697',
  ])
    expect(printable(value)).toBe(value)
  const { log, lines } = recorded()
  log.warn('scan-failed', { session: 'f3a9', bytes: 70_000, document: 'd' })
  expect(JSON.parse(lines[0] ?? '')).toMatchObject({ session: 'f3a9', bytes: 70_000, document: 'd' })
})

test('[OP-01] a field that is called after a secret is not printed, whatever it holds', () => {
  const { log, lines } = recorded()
  log.warn('odd', Object.fromEntries(SECRET_FIELDS.map(name => [name, 'canary'])))
  expect(lines.join('')).not.toContain('canary')
})

test('[OP-01] what an error quotes is not printed: parsers repeat what they could not read', () => {
  const thrown = (text: string): LogFields => {
    try {
      return { message: String(JSON.parse(text)) }
    } catch (error) {
      return reasonOf(error)
    }
  }
  expect(thrown('canary of a document')['message']).not.toContain('canary')
  expect(thrown('{"canary": canary}')['message']).not.toContain('canary')
  expect(reasonOf(new Error(`no such column: "canary\nmore`))['message']).not.toMatch(/canary|more/)
  expect(reasonOf(new Error('unreadable\ncanary'))['message']).not.toContain('canary')
  expect(reasonOf(new Error('connection reset'))['message']).toBe('connection reset')
})

test('where an error comes from is told by files and lines, without its words', () => {
  const { at = '' } = whereOf(new Error('canary\n    at canary.ts:1:1'))
  expect(at).toMatch(/^redaction\.test\.ts:\d+:\d+ /)
  expect(at).not.toContain('canary')
  expect(whereOf('a string')).toEqual({})
})

test('a connection’s id stands in every line of it', () => {
  const { log, lines } = recorded()
  const mine = withFields(log, { session: 'abc' })
  mine.info('linked')
  mine.warn('stuck', { buffered: 3 })
  expect(lines.map(line => JSON.parse(line) as unknown)).toMatchObject([
    { level: 'info', event: 'linked', session: 'abc' },
    { level: 'warn', event: 'stuck', session: 'abc', buffered: 3 },
  ])
})

test('of one event with one reason a few lines are printed, then one a second that says how many were left out', async () => {
  const clock = virtualClock()
  const counters = createCounters()
  const { log, lines } = recorded()
  const few = thinned(log, { clock, counters })
  for (let i = 0; i < 1_000; i++) few.info('upgrade-refused', { status: 403, reason: 'origin' })
  expect(lines).toHaveLength(20)
  few.info('upgrade-refused', { status: 404, reason: 'path' })
  expect(lines).toHaveLength(21)
  expect(counters.labelled('log-thinned').get('upgrade-refused')).toBe(980)
  await clock.advance(1_000)
  for (let i = 0; i < 3; i++) few.info('upgrade-refused', { status: 403, reason: 'origin' })
  expect(lines).toHaveLength(22)
  expect(JSON.parse(lines.at(-1) ?? '')).toMatchObject({ dropped: 980 })
  await clock.advance(3_600_000)
  for (let i = 0; i < 100; i++) few.info('upgrade-refused', { status: 403, reason: 'origin' })
  expect(lines).toHaveLength(42)
})
