/**
 * What a command is configured with: the flags of settings, and what they, the environment and a file come to. Law: a command that is
 * configured wrongly does nothing but say how, all at once.
 */
import { JoineryError } from '@joinery/core'
import type { ArgsDef } from 'citty'
import { configurationOf, type Configuration } from '../configuration/configuration.ts'
import { isKey, KEYS, SETTINGS, type Key } from '../configuration/settings.ts'
import type { Setting } from '../configuration/setting.ts'
import { mistakesShown } from '../configuration/shown.ts'
import { CONFIG_FLAG, type Mistake } from '../configuration/sources.ts'
import type { Environment } from './terminal.ts'

/** What a command gets of the parser. */
export interface CommandLine {
  readonly rawArgs: readonly string[]
  readonly args: Readonly<Record<string, unknown>>
}

export const CONFIG_ARGS = {
  [CONFIG_FLAG]: { type: 'string', description: 'File of settings, in JSON; or JOINERY_CONFIG' },
} as const satisfies ArgsDef

/** A flag for each setting that has one. */
export const SETTING_ARGS: ArgsDef = {
  ...CONFIG_ARGS,
  ...Object.fromEntries(KEYS.flatMap(flagOf)),
  limit: { type: 'string', description: 'Limits other than the default, as connections=20000,sendBuffer=1000000' },
}

/** The flags of these settings, for a command that has flags of its own. */
export function settingArgs(keys: readonly Key[]): ArgsDef {
  return Object.fromEntries(keys.flatMap(flagOf))
}

function flagOf(key: Key): [string, ArgsDef[string]][] {
  const { flag, form, tells, schema }: Setting = SETTINGS[key]
  if (flag === undefined) return []
  const otherwise = schema.safeParse(undefined).data
  const told = typeof otherwise === 'string' || typeof otherwise === 'number' ? ` (${otherwise})` : ''
  const description = `${tells}${form === 'list' ? ', separated by commas' : ''}${told}`
  return [[flag, { type: form === 'switch' ? 'boolean' : 'string', description }]]
}

/** What was said to a command whose flags are these. Mistakes are for whoever asks to judge. */
export function givenTo({ rawArgs, args }: CommandLine, known: ArgsDef, environment: Environment): Configuration {
  const file = args[CONFIG_FLAG]
  const configuration = configurationOf({
    environment,
    flags: args,
    file: typeof file === 'string' ? file : undefined,
  })
  return { ...configuration, mistakes: [...unknownIn(rawArgs, known), ...configuration.mistakes] }
}

/** Of a command without settings: throws BAD_INPUT that says what it was told and does not know, unless that is nothing. */
export function refuseUnknown({ rawArgs }: CommandLine, known: ArgsDef): void {
  refuseMistakes(unknownIn(rawArgs, known))
}

/** Throws BAD_INPUT that says all of them, unless there are none. */
export function refuseMistakes(mistakes: readonly Mistake[]): void {
  if (mistakes.length > 0) throw new JoineryError('BAD_INPUT', { sentence: mistakesShown(mistakes) })
}

/** Whether it is about these groups of settings, or about what is no setting at all. */
export function isAbout(groups: readonly string[]): (mistake: Mistake) => boolean {
  return ({ key }) => !isKey(key) || groups.some(group => key.startsWith(group))
}

/** The parser takes whatever begins with two dashes. */
function unknownIn(rawArgs: readonly string[], known: ArgsDef): Mistake[] {
  const mistakes: Mistake[] = []
  const positionals = Object.values(known).filter(({ type }) => type === 'positional').length
  let seen = 0
  for (let at = 0; at < rawArgs.length; at++) {
    const one = rawArgs[at] ?? ''
    const name = one.replace(/^--(no-)?/, '').replace(/=.*$/s, '')
    const own = one.startsWith('--') && Object.hasOwn(known, name) ? known[name] : undefined
    if (own !== undefined) at += own.type === 'string' && !one.includes('=') ? 1 : 0
    else if (one.startsWith('-')) mistakes.push(unknown(one.replace(/=.*$/s, ''), known))
    // What follows an unknown flag may be its value.
    else if (++seen > positionals && mistakes.length === 0) mistakes.push(unknown(one, known))
  }
  return mistakes
}

function unknown(key: string, known: ArgsDef): Mistake {
  const flags = Object.entries(known).flatMap(([name, { type }]) => (type === 'positional' ? [] : [`--${name}`]))
  return { key, from: 'the command line', found: undefined, allowed: flags.join(' ') }
}
