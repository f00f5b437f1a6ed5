/** `joinery token`: mints a token, with the key that the relay is configured with. */
import type { Clock } from '@joinery/core'
import { defineCommand } from 'citty'
import { mintToken } from '../access/signed-tokens.ts'
import { mintMistakes } from '../configuration/rules.ts'
import { CONFIG_ARGS, givenTo, isAbout, refuseMistakes } from './configured.ts'
import { policyOf } from './configured-key.ts'
import { orSay, type Terminal } from './terminal.ts'

const HOUR_S = 3_600

const ARGS = {
  ...CONFIG_ARGS,
  subject: { type: 'positional', required: true, description: 'Whose token it is' },
  hours: { type: 'string', default: '24', description: 'How long it lives' },
} as const

export function tokenCommand(terminal: Terminal, clock: Pick<Clock, 'now'>) {
  return defineCommand({
    meta: { name: 'token', description: 'Mint a token, with the key that the relay is configured with.' },
    args: ARGS,
    run: orSay(terminal, async context => {
      const configuration = givenTo(context, ARGS, terminal.environment)
      refuseMistakes([...configuration.mistakes, ...mintMistakes(configuration)].filter(isAbout(['tokens.'])))
      const { hours, subject } = context.args
      const lifetime = Math.floor(Number(hours) * HOUR_S)
      terminal.out(`${await mintToken(policyOf(configuration.values), subject, lifetime, clock)}\n`)
    }),
  })
}
