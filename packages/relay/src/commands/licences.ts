/** `joinery licences`: of everything in the executable file, which goes from hand to hand without the packages it was made of. */
import { defineCommand } from 'citty'
import type { Terminal } from './terminal.ts'

export function licencesCommand(terminal: Pick<Terminal, 'out'>, licences: () => string) {
  return defineCommand({
    meta: { name: 'licences', description: 'The licences of everything in this file.' },
    run: () => terminal.out(licences()),
  })
}
