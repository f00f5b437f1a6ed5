/**
 * What is in force, and where each part of it was said. Laws:
 * - Flags win over the environment, and that over the file.
 * - All mistakes are found at once, also in what something else wins over.
 */
import { jointMistakes } from './rules.ts'
import { KEYS, SETTINGS, type Key, type Values } from './settings.ts'
import type { Setting } from './setting.ts'
import { fileIn, fromEnvironment, fromFile, fromFlags, type Mistake, type Said, type Source } from './sources.ts'

export interface Configuration {
  /** Where there is a mistake, what it would be without. */
  readonly values: Values
  /** Where each was said; what is absent is as it is by itself. */
  readonly origins: ReadonlyMap<Key, string>
  readonly mistakes: readonly Mistake[]
}

export interface Given {
  readonly environment: Readonly<Record<string, string | undefined>>
  /** By name, those that were given. */
  readonly flags: Readonly<Record<string, unknown>>
  /** What the flag for it says. */
  readonly file: string | undefined
}

export function configurationOf({ environment, flags, file }: Given): Configuration {
  const named = fileIn(environment, file)
  const sources: readonly Source[] = [
    ...(named === undefined ? [] : [fromFile(named)]),
    fromEnvironment(environment),
    fromFlags(flags),
  ]
  const mistakes = sources.flatMap(source => source.mistakes)
  const said = new Map<Key, Said>()
  for (const source of sources) {
    for (const [key, one] of source.said) {
      if (one.value === undefined) continue
      const mistake = mistakeIn(key, one)
      if (mistake === undefined) said.set(key, one)
      else mistakes.push(mistake)
    }
  }
  const values = Object.fromEntries(
    KEYS.map(key => [key, (SETTINGS[key] as Setting).schema.parse(said.get(key)?.value)]),
  ) as Values
  const origins = new Map([...said].map(([key, { from }]) => [key, from]))
  return { values, origins, mistakes: [...mistakes, ...jointMistakes(values, origins)] }
}

function mistakeIn(key: Key, { value, from }: Said): Mistake | undefined {
  const { schema, isSecret, allowed }: Setting = SETTINGS[key]
  if (schema.safeParse(value).success) return undefined
  return { key, from, found: isSecret === true ? undefined : JSON.stringify(value), allowed }
}
