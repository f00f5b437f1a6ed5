/**
 * `joinery doctor`: what is right and wrong with a data folder, its configuration and a running relay. Law: it ends with 1 when something is
 * wrong, and with 0 otherwise, and changes nothing.
 */
import { JoineryError, type Clock } from '@joinery/core'
import { defineCommand } from 'citty'
import { tmpdir } from 'node:os'
import { resolve } from 'node:path'
import { examine } from '../doctor/doctor.ts'
import { reportOf } from '../doctor/report.ts'
import type { InspectStore } from '../doctor/store-look.ts'
import type { OpenBus } from './bus.ts'
import { CONFIG_ARGS, givenTo, settingArgs } from './configured.ts'
import type { OpenPostgres } from './postgres.ts'
import { orSay, type Terminal } from './terminal.ts'

const ARGS = {
  ...CONFIG_ARGS,
  ...settingArgs(['data', 'origins', 'dev']),
  url: { type: 'string', description: 'Where clients reach the relay, as https://relay.example' },
  deep: { type: 'boolean', default: false, description: 'Look at every row, however many there are' },
  scratch: { type: 'string', description: 'Folder for a copy of the database meanwhile, if not the usual one' },
  json: { type: 'boolean', default: false, description: 'Say it in JSON' },
} as const

export interface DoctorParts {
  readonly terminal: Terminal
  readonly clock: Pick<Clock, 'now' | 'monotonic'>
  readonly node: string
  readonly sqlite: () => string
  readonly inspect: InspectStore
  readonly openBus: OpenBus
  readonly openPostgres: OpenPostgres
}

export function doctorCommand({ terminal, clock, node, sqlite, inspect, openBus, openPostgres }: DoctorParts) {
  return defineCommand({
    meta: { name: 'doctor', description: 'Look at a data folder and a relay, and say what is wrong. Changes nothing.' },
    args: ARGS,
    run: orSay(terminal, async context => {
      const { args } = context
      const examination = await examine({
        url: args.url === undefined ? undefined : urlOf(args.url),
        isDeep: args.deep,
        scratch: resolve(args.scratch ?? tmpdir()),
        configuration: givenTo(context, ARGS, terminal.environment),
        clock,
        node,
        sqlite: sqlite(),
        inspect,
        openBus,
        openPostgres,
      })
      terminal.out(args.json ? `${JSON.stringify(examination, undefined, 2)}\n` : reportOf(examination))
      if (!examination.ok) terminal.exit(1)
    }),
  })
}

/** `ws://` is how clients are told. */
function urlOf(text: string): URL {
  const asHttp = text.replace(/^ws/, 'http')
  if (!URL.canParse(asHttp) || !/^https?:/.test(asHttp)) {
    throw new JoineryError('BAD_INPUT', { what: 'url', rule: 'as https://relay.example' })
  }
  return new URL(asHttp)
}
