// What a client does about each way a link may end.
import { expect, test } from 'vitest'
import { CODES } from '@joinery/core'
import { CLOSE, codeOfClose } from '@joinery/core/protocol'

test('[P72] after these closes nothing comes back by itself: the person or the app is asked', () => {
  const final = [4400, 4401, 4403, 4495]
  expect(final.map(codeOfClose)).toEqual(['BAD_FRAME', 'UNAUTHENTICATED', 'WRONG_SUBJECT', 'INSECURE_URL'])
  expect(final.map(code => CODES[codeOfClose(code) ?? 'GONE'])).toEqual(final.map(() => 'stop'))
})

test('[P73] after any other the client comes back', () => {
  const { GOING_AWAY, RESTART, TRY_LATER, NO_HELLO, REPLACED, VERSION } = CLOSE
  for (const code of [1000, 1006, 1009, 1011, GOING_AWAY, RESTART, TRY_LATER, NO_HELLO, 4999])
    expect(codeOfClose(code), `${code}`).toBeUndefined()
  for (const code of [REPLACED, VERSION]) expect(CODES[codeOfClose(code) ?? 'GONE']).toBe('wait')
})
