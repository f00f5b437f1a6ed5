/** The flags of commands on a data folder, and which folder that is. */
import type { ArgsDef } from 'citty'
import { JoineryError } from '@joinery/core'
import { resolveSpace } from '../access/personal.ts'
import { CONFIG_ARGS, givenTo, isAbout, refuseMistakes, settingArgs, type CommandLine } from './configured.ts'
import type { Environment } from './terminal.ts'

export const DATA_ARGS = { ...CONFIG_ARGS, ...settingArgs(['data']) } as const satisfies ArgsDef

export const OWNER_ARGS = {
  of: { type: 'string', description: 'Whose space `me` is' },
} as const satisfies ArgsDef

export const JSON_ARGS = {
  json: { type: 'boolean', default: false, description: 'Say it in JSON' },
} as const satisfies ArgsDef

/** Throws BAD_INPUT, with all that is wrong, unless one is named. */
export function dataFolder(line: CommandLine, known: ArgsDef, environment: Environment): string {
  const { values, origins, mistakes } = givenTo(line, known, environment)
  const { data } = values
  const missing = {
    key: 'data',
    from: origins.get('data'),
    found: undefined,
    allowed: 'a path: --data or JOINERY_DATA',
  }
  refuseMistakes([...mistakes.filter(isAbout(['data'])), ...(data === undefined ? [missing] : [])])
  return data ?? ''
}

/** The id of a space by the name that people have for it. */
export function spaceNamed(name: string, of: string | undefined): string {
  if (name === 'me' && of === undefined)
    throw new JoineryError('BAD_INPUT', { sentence: 'Everybody has a space called `me`: say whose, with --of.' })
  return resolveSpace(of ?? '', name)
}
