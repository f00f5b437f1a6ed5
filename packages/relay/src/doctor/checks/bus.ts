/** Whether other nodes are reached, as the relay would. */
import { JoineryError } from '@joinery/core'
import { ALONE, busAddress } from '../../commands/bus.ts'
import { reasonOf } from '../../log.ts'
import { found, type Check } from '../check.ts'

const UP = Symbol('up')
const IN_STORE = 'postgres'

export const checkBus: Check = async ({ configuration: { values }, openBus }) => {
  const address = busAddress(values)
  // In one process there is nothing that could be away; and what is to be in a store that nobody names is nowhere.
  if (address === ALONE || address === IN_STORE) return []
  try {
    let tell: (reason: unknown) => void
    const reached = new Promise<unknown>(resolve => void (tell = resolve))
    const bus = await openBus(address, { reached: (isUp, reason) => tell(isUp ? UP : reason) })
    const reason = await reached
    await bus.close()
    if (reason === UP) return found('BUS_OK', 'The bus to other nodes is reached.')
    const { reason: code, message } = reasonOf(reason)
    return found('BUS_AWAY', `The bus to other nodes is not reached: ${String(code)}, ${String(message)}.`)
  } catch (error) {
    const rule = error instanceof JoineryError ? error.details['rule'] : undefined
    const asked = typeof rule === 'string' ? rule : 'it cannot be read'
    return found('BUS_WRONG', `The bus cannot be what it is said to be: ${asked}.`)
  }
}
