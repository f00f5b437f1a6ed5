/** What editors know of a configuration file: a JSON Schema that follows from the settings. */
import { z } from 'zod'
import { KEYS, SETTINGS } from './settings.ts'
import type { Setting } from './setting.ts'

interface Group {
  readonly type: 'object'
  readonly properties: Record<string, unknown>
  readonly additionalProperties: false
}

export function jsonSchema(): object {
  const root = group()
  root.properties['$schema'] = { type: 'string' }
  for (const key of KEYS) {
    const { schema, tells, allowed }: Setting = SETTINGS[key]
    const { $schema: _dialect, ...judged } = z.toJSONSchema(schema, { io: 'input' })
    const [name = '', groupName] = key.split('.').toReversed()
    const within = groupName === undefined ? root : ((root.properties[groupName] ??= group()) as Group)
    within.properties[name] = { description: `${tells}. Allowed: ${allowed}.`, ...judged }
  }
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'The configuration of a Joinery relay',
    ...root,
  }
}

function group(): Group {
  return { type: 'object', properties: {}, additionalProperties: false }
}
