// The tripwire: the bytes of every message, as they were when this version of the protocol was fixed.
// A failure here means that peers in the field would not understand each other. Either the change was not meant, or it is a new VERSION
// with a golden file and a digest of its own. Only a new sample of unchanged messages may change the digest of a version.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { digestOf, hex } from '@joinery/core'
import { decodeMessage, encodeMessage, VERSION, type Message } from '@joinery/core/protocol'
import type { MessageTable } from '../../src/protocol/message.ts'
import { samplesByName } from './samples.ts'

const digestsByVersion: Readonly<Record<number, string>> = {
  1: '65bcdcea00965f92ce2b4234fbe2c45e',
}

const file = join(import.meta.dirname, `fixtures/golden/v${VERSION}.txt`)

/** Frames by sample name, as they are in the golden file. */
function golden(): Map<string, Uint8Array> {
  const lines = readFileSync(file, 'utf8').trimEnd().split('\n')
  return new Map(
    lines.map(line => {
      const [name = '', frame = ''] = line.split(' ')
      return [name, Uint8Array.from(Buffer.from(frame, 'hex'))]
    }),
  )
}

test('[P6] [P96] every message is written as the golden bytes say', async () => {
  const lines = [...samplesByName].map(([name, message]) => `${name} ${hex(encodeMessage(message))}\n`)
  await expect(lines.join('')).toMatchFileSnapshot(file)
})

test('[P6] [P95] changed bytes are a new version', () => {
  const digest = hex(digestOf(readFileSync(file)))
  expect(digestsByVersion, `the digest of the golden bytes is ${digest}`).toHaveProperty([VERSION], digest)
})

test.each([...golden()])('[P3] the golden bytes of %s are read as the message they were made of', (name, frame) => {
  expect(decodeMessage(frame)).toEqual(samplesByName.get(name))
})

test('[P1] every type of message has a number of its own and is in the golden bytes', () => {
  const types = new Set([...samplesByName.values()].map(message => message.type))
  const numbers = new Set([...samplesByName.values()].map(message => encodeMessage(message)[0]))
  expect(numbers.size).toBe(types.size)
  expect(new Set(golden().keys())).toEqual(new Set(samplesByName.keys()))
})

test('[P1] a message without number and codec does not compile', () => {
  // What is checked here is checked by the compiler: a table that lacks any row is no table.
  type Lacking = { [T in Message['type']]: Omit<MessageTable, T> extends MessageTable ? T : never }[Message['type']]
  const none: [Lacking] extends [never] ? true : false = true
  expect(none).toBe(true)
})
