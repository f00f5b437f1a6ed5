/** `joinery token`: mints a token, with the key that the relay is configured with. */
import type { Clock } from '@joinery/core'
import { defineCommand } from 'citty'
import { mintToken } from '../access/signed-tokens.ts'
import { policyOf } from './configured-key.ts'
import { orSay, type Terminal } from './terminal.ts'

const HOUR_S = 3_600

export function tokenCommand(terminal: Terminal, clock: Pick<Clock, 'now'>) {
  return defineCommand({
    meta: { name: 'token', description: 'Mint a token, with the key that the relay is configured with.' },
    args: {
      subject: { type: 'positional', required: true, description: 'Whose token it is' },
      hours: { type: 'string', default: '24', description: 'How long it lives' },
    },
    run: orSay(terminal, async ({ args }) => {
      const lifetime = Math.floor(Number(args.hours) * HOUR_S)
      terminal.out(`${await mintToken(policyOf(terminal.environment), args.subject, lifetime, clock)}\n`)
    }),
  })
}
