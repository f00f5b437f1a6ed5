/** A configuration and its mistakes, for people. Law (OP-01, OP-02): no secret is in it, and nothing of it moves a cursor. */
import { spelledOut } from '../logs/redaction.ts'
import type { Configuration } from './configuration.ts'
import { KEYS, SETTINGS, type Key } from './settings.ts'
import type { Setting } from './setting.ts'
import type { Mistake } from './sources.ts'

const LONGEST = 80
const BY_ITSELF = 'default'
const HIDDEN = '(set)'

export function mistakesShown(mistakes: readonly Mistake[]): string {
  const count = mistakes.length === 1 ? 'There is a mistake' : `There are ${mistakes.length} mistakes`
  return [`${count} in the configuration.`, ...mistakes.map(one => `  ${mistakeShown(one)}`)].join('\n')
}

/** A mistake in one line. */
export function mistakeShown({ key, from, found, allowed }: Mistake): string {
  const what = found === undefined ? '' : ` is ${shortened(found)}`
  const where = from === undefined ? ' (nobody says it)' : ` (${from})`
  return spelledOut(`${key}${what}${where}; allowed: ${allowed}`)
}

export interface Shown {
  readonly key: Key
  readonly value: unknown
  readonly from: string
}

/** Every setting that is in force; of a secret, that it is set. */
export function inForce({ values, origins }: Configuration): Shown[] {
  return KEYS.map(key => {
    const { isSecret }: Setting = SETTINGS[key]
    const value = isSecret === true && values[key] !== undefined ? HIDDEN : values[key]
    return { key, value, from: origins.get(key) ?? BY_ITSELF }
  })
}

export function inForceShown(configuration: Configuration): string {
  const rows = inForce(configuration).map(({ key, value, from }) => [key, valueShown(value), from] as const)
  const width = (at: 0 | 1): number => Math.max(...rows.map(row => row[at].length))
  const [keys, values] = [width(0), width(1)]
  const lines = rows.map(([key, value, from]) => `${key.padEnd(keys)}  ${value.padEnd(values)}  ${from}`)
  return `${lines.map(spelledOut).join('\n')}\n`
}

function valueShown(value: unknown): string {
  if (value === undefined || (Array.isArray(value) && value.length === 0)) return '-'
  return shortened(typeof value === 'string' ? value.split('\n', 1).join() : JSON.stringify(value))
}

function shortened(text: string): string {
  return text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text
}
