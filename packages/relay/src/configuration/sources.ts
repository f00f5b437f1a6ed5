/**
 * What a file, the environment and flags say, by key. Laws:
 * - What is no setting is a mistake, wherever it stands, and its value is told nobody: it may be a secret under a name that was misspelled.
 * - A path in a file starts from the folder of that file.
 */
import { readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { isKey, KEYS, LIMITS, SETTINGS, type Key } from './settings.ts'
import type { Setting } from './setting.ts'

export interface Mistake {
  /** A key, or what stands in the place of one. */
  readonly key: string
  /** Where it was said; undefined when it is missing. */
  readonly from: string | undefined
  /** Undefined when it is not to be told. */
  readonly found: string | undefined
  readonly allowed: string
}

export interface Said {
  /** What the schema of the setting judges. */
  readonly value: unknown
  readonly from: string
}

export interface Source {
  readonly said: ReadonlyMap<Key, Said>
  readonly mistakes: readonly Mistake[]
}

export const CONFIG_FLAG = 'config'
const CONFIG_VARIABLE = 'JOINERY_CONFIG'
const LIMITS_VARIABLE = 'JOINERY_LIMITS'
const LIMIT_FLAG = 'limit'
const PREFIX = 'JOINERY_'
const FILE = '_FILE'
/** Of commands, and of this repository's own tests. */
const NO_SETTINGS: readonly string[] = [CONFIG_VARIABLE, 'JOINERY_TOKEN', 'JOINERY_NODE']
const NAMED_LIMIT = 'name=number, as connections=20000'

type Environment = Readonly<Record<string, string | undefined>>

/** The file that is named by a flag or, without one, by JOINERY_CONFIG. */
export function fileIn(environment: Environment, flag: string | undefined): string | undefined {
  return flag ?? (environment[CONFIG_VARIABLE] || undefined)
}

export function fromFile(file: string): Source {
  const { said, mistakes } = gathering()
  const from = file
  const wrong = (key: string, allowed: string, found?: string): void =>
    void mistakes.push({ key, from, found, allowed })
  const add = (key: string, value: unknown): void => {
    if (isKey(key)) said.set(key, { value: inFileOf(file, key, value, wrong), from })
    else if (isGroup(key) && isObject(value))
      for (const [name, one] of Object.entries(value)) add(`${key}.${name}`, one)
    else wrong(key, siblingsOf(key))
  }
  try {
    const content: unknown = JSON.parse(readFileSync(file, 'utf8'))
    if (!isObject(content)) wrong('the file', 'one JSON object')
    else for (const [key, value] of Object.entries(content)) if (key !== '$schema') add(key, value)
  } catch (error) {
    wrong('the file', 'JSON that can be read', error instanceof SyntaxError ? placeIn(error) : codeOf(error))
  }
  return { said, mistakes }
}

/** Variables that are empty are as if they were not there: that is how a compose file says so. */
export function fromEnvironment(environment: Environment): Source {
  const { said, mistakes } = gathering()
  const byVariable = new Map(KEYS.map(key => [settingOf(key).variable, key]))
  for (const [name, text] of Object.entries(environment)) {
    if (!name.startsWith(PREFIX) || NO_SETTINGS.includes(name) || text === undefined || text === '') continue
    const from = `the environment, ${name}`
    const wrong = (key: string, allowed: string, found?: string): void =>
      void mistakes.push({ key, from, found, allowed })
    const key = byVariable.get(name)
    const named = byVariable.get(name.replace(/_FILE$/, ''))
    if (name === LIMITS_VARIABLE) limitsFrom(text, from, said, wrong)
    else if (key !== undefined) said.set(key, { value: read(key, text, wrong), from })
    else if (named !== undefined && name.endsWith(FILE) && settingOf(named).isSecret === true) {
      const content = contentOf(text, found => wrong(named, 'the path of a file that can be read', found))
      if (content !== undefined) said.set(named, { value: content, from })
    } else wrong(name, `no other variable may begin with ${PREFIX}; the settings are in RUNNING.md`)
  }
  return { said, mistakes }
}

/** Of flags by name, as the command line gave them. */
export function fromFlags(flags: Readonly<Record<string, unknown>>): Source {
  const { said, mistakes } = gathering()
  for (const key of KEYS) {
    const { flag } = settingOf(key)
    const given = flag === undefined ? undefined : flags[flag]
    if (given === undefined) continue
    const from = `--${flag}`
    const wrong = (allowed: string, found?: string): void => void mistakes.push({ key, from, found, allowed })
    const value = typeof given === 'string' ? read(key, given, (_, allowed, found) => wrong(allowed, found)) : given
    said.set(key, { value, from })
  }
  const limits = flags[LIMIT_FLAG]
  if (typeof limits === 'string') {
    const from = `--${LIMIT_FLAG}`
    limitsFrom(limits, from, said, (key, allowed, found) => void mistakes.push({ key, from, found, allowed }))
  }
  return { said, mistakes }
}

type Wrong = (key: string, allowed: string, found?: string) => void

function gathering(): { said: Map<Key, Said>; mistakes: Mistake[] } {
  return { said: new Map(), mistakes: [] }
}

function limitsFrom(text: string, from: string, said: Map<Key, Said>, wrong: Wrong): void {
  for (const one of text.split(',')) {
    const [, name = '', number = ''] = /^\s*([^=]*?)\s*(?:=\s*(.*?)\s*)?$/.exec(one) ?? []
    const key = `${LIMITS}${name}`
    if (!isKey(key)) wrong(key, name === '' ? NAMED_LIMIT : siblingsOf(key))
    else said.set(key, { value: read(key, number, wrong), from })
  }
}

/** What text stands for; what it does not stand for is left as text, for the schema to refuse. */
function read(key: Key, text: string, wrong: Wrong): unknown {
  const { form } = settingOf(key)
  if (form === 'number') return /^-?\d+(\.\d+)?$/.test(text) ? Number(text) : text
  if (form === 'switch') return SWITCHES.get(text.toLowerCase()) ?? text
  if (form === 'list') return text.split(',').map(one => one.trim())
  if (form === 'path') return text === '' ? text : resolve(text)
  if (form === 'pem') return pemOf(text, text, key, wrong)
  return text
}

const SWITCHES = new Map([
  ['true', true],
  ['1', true],
  ['yes', true],
  ['false', false],
  ['0', false],
  ['no', false],
])

function inFileOf(file: string, key: Key, value: unknown, wrong: Wrong): unknown {
  if (typeof value !== 'string' || value === '') return value
  const { form } = settingOf(key)
  const there = resolve(dirname(file), value)
  if (form === 'path') return there
  return form === 'pem' ? pemOf(value, there, key, wrong) : value
}

function pemOf(text: string, path: string, key: Key, wrong: Wrong): unknown {
  if (text.includes('-----BEGIN')) return text
  return contentOf(path, found => wrong(key, settingOf(key).allowed, found))
}

function contentOf(path: string, wrong: (found: string) => void): string | undefined {
  try {
    return readFileSync(path, 'utf8').trim()
  } catch (error) {
    wrong(codeOf(error))
    return undefined
  }
}

function settingOf(key: Key): Setting {
  return SETTINGS[key]
}

/** `metrics`, of `metrics.port`. */
function isGroup(name: string): boolean {
  return KEYS.some(key => key.startsWith(`${name}.`))
}

function siblingsOf(key: string): string {
  const group = key.slice(0, key.lastIndexOf('.') + 1)
  const names = KEYS.filter(one => one.startsWith(group)).map(one => one.slice(group.length).split('.')[0])
  return `one of ${[...new Set(names)].join(', ')}`
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** What the parser says of a file quotes it, and there may be a secret in it. */
function placeIn({ message }: SyntaxError): string {
  const [place] = /line \d+ column \d+|position \d+/.exec(message) ?? []
  return place === undefined ? 'no JSON' : `no JSON at ${place}`
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'what cannot be read'
}
