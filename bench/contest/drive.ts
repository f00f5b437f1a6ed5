// Forks a driver for one task against a server, and gives what it saw.
import { fork } from 'node:child_process'
import { join } from 'node:path'
import type { Job, Result, Task, TaskName } from '../driver/main.ts'
import type { DialectName } from '../driver/dialects.ts'

const main = join(import.meta.dirname, '../driver/main.ts')

type Answer = { readonly result: unknown } | { readonly error: string } | { readonly event: string }

export function drive<Name extends TaskName>(
  dialect: DialectName,
  name: Name,
  job: Job<Name>,
  onEvent: (event: string) => void = () => undefined,
): Promise<Result<Name>> {
  const driver = fork(main, { execArgv: ['--conditions=joinery-source'] })
  driver.send({ dialect, name, job } satisfies Task)
  return new Promise((resolve, reject) => {
    driver.on('message', (answer: Answer) => {
      if ('event' in answer) onEvent(answer.event)
      else if ('result' in answer) resolve(answer.result as Result<Name>)
      else reject(new Error(`${name} (${dialect}): ${answer.error}`))
    })
    driver.once('exit', code => reject(new Error(`${name} (${dialect}): the driver ended (${code})`)))
  })
}
