/**
 * `joinery config`: what a relay that is started in the same way would be configured with, and where each part of it is said. Law: it ends
 * with 1 when that relay would not start, and shows no secret.
 */
import { defineCommand } from 'citty'
import { jsonSchema } from '../configuration/json-schema.ts'
import { serveMistakes } from '../configuration/rules.ts'
import { inForce, inForceShown, mistakesShown } from '../configuration/shown.ts'
import { givenTo, SETTING_ARGS } from './configured.ts'
import { orSay, type Terminal } from './terminal.ts'

const ARGS = {
  ...SETTING_ARGS,
  json: { type: 'boolean', default: false, description: 'Say it in JSON' },
  schema: { type: 'boolean', default: false, description: 'Print the JSON Schema of a file instead, for editors' },
} as const

export function configCommand(terminal: Terminal) {
  return defineCommand({
    meta: { name: 'config', description: 'Show what a relay is configured with, and where that is said.' },
    args: ARGS,
    run: orSay(terminal, async context => {
      const { args } = context
      if (args.schema) {
        terminal.out(`${JSON.stringify(jsonSchema(), undefined, 2)}\n`)
        return
      }
      const configuration = givenTo(context, ARGS, terminal.environment)
      const mistakes = [...configuration.mistakes, ...serveMistakes(configuration)]
      if (args.json) terminal.out(`${JSON.stringify({ settings: inForce(configuration), mistakes }, undefined, 2)}\n`)
      else terminal.out(inForceShown(configuration))
      if (mistakes.length === 0) return
      terminal.err(`joinery: ${mistakesShown(mistakes)}\n`)
      terminal.exit(1)
    }),
  })
}
