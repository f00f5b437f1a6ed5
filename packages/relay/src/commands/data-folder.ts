/** The flags of commands on a relay's data, and where that is. */
import type { ArgsDef } from 'citty'
import { JoineryError } from '@joinery/core'
import { resolveSpace } from '../access/personal.ts'
import { ONE_PLACE } from '../configuration/rules.ts'
import { CONFIG_ARGS, givenTo, isAbout, refuseMistakes, settingArgs, type CommandLine } from './configured.ts'
import type { Environment } from './terminal.ts'

export const DATA_ARGS = { ...CONFIG_ARGS, ...settingArgs(['data']) } as const satisfies ArgsDef

export const OWNER_ARGS = {
  of: { type: 'string', description: 'Whose space `me` is' },
} as const satisfies ArgsDef

export const JSON_ARGS = {
  json: { type: 'boolean', default: false, description: 'Say it in JSON' },
} as const satisfies ArgsDef

/** Where a relay's data is. */
export type DataPlace = { readonly folder: string } | { readonly url: string }

/** Throws BAD_INPUT, with all that is wrong, unless one is named. */
export function dataPlace(line: CommandLine, known: ArgsDef, environment: Environment): DataPlace {
  const { values, origins, mistakes } = givenTo(line, known, environment)
  const { data, store } = values
  const wrong = (allowed: string) => ({ key: 'data', from: origins.get('data'), found: undefined, allowed })
  const isBoth = store !== undefined && line.args['data'] !== undefined
  refuseMistakes([
    ...mistakes.filter(isAbout(['data', 'store'])),
    ...(isBoth ? [wrong(ONE_PLACE)] : []),
    ...(data === undefined && store === undefined ? [wrong('a path: --data or JOINERY_DATA; or JOINERY_STORE')] : []),
  ])
  return store === undefined ? { folder: data ?? '' } : { url: store }
}

/** The id of a space by the name that people have for it. */
export function spaceNamed(name: string, of: string | undefined): string {
  if (name === 'me' && of === undefined)
    throw new JoineryError('BAD_INPUT', { sentence: 'Everybody has a space called `me`: say whose, with --of.' })
  return resolveSpace(of ?? '', name)
}
