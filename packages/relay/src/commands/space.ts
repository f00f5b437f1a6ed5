/**
 * `joinery space`: the spaces of a relay and who is in them. Law (A2): what is changed through a relay that runs holds for those who are
 * connected within 5 s; what is changed while it is stopped, from when it starts.
 */
import { checkId, JoineryError, type Role } from '@joinery/core'
import { SUBJECT_BYTES } from '@joinery/core/protocol'
import { defineCommand, type ArgsDef } from 'citty'
import { personalSpaceOf } from '../access/personal.ts'
import type { Counter } from '../hatch/calls.ts'
import { columns } from './columns.ts'
import type { CommandLine } from './configured.ts'
import { atCounter, headOf, type CounterParts, type OpenCounter } from './counter.ts'
import { DATA_ARGS, dataPlace, JSON_ARGS, OWNER_ARGS, spaceNamed } from './data-folder.ts'
import { orSay, type Terminal } from './terminal.ts'

const ROLES: readonly Role[] = ['owner', 'editor', 'viewer']
const PAGE = 500

const SPACE = { space: { type: 'positional', required: true, description: 'Its name' } } as const satisfies ArgsDef
const SUBJECT = { subject: { type: 'positional', required: true, description: 'Who' } } as const satisfies ArgsDef
const ROLE = { type: 'positional', required: true, description: ROLES.join(', ') } as const

const LIST_ARGS = { ...DATA_ARGS, ...JSON_ARGS } as const
const ONE_ARGS = { ...SPACE, ...OWNER_ARGS, ...LIST_ARGS } as const
const REVOKE_ARGS = { ...SPACE, ...SUBJECT, ...OWNER_ARGS, ...DATA_ARGS } as const
const ROLE_ARGS = { ...SPACE, ...SUBJECT, role: ROLE, ...OWNER_ARGS, ...DATA_ARGS } as const

export function spaceCommand(terminal: Terminal, parts: CounterParts) {
  const at = <T>(line: CommandLine, args: ArgsDef, work: (counter: OpenCounter) => Promise<T>): Promise<T> =>
    atCounter(parts, dataPlace(line, args, terminal.environment), work)

  const say = (isJson: boolean, value: unknown, text: () => string): void =>
    terminal.out(isJson ? `${JSON.stringify(value, undefined, 2)}\n` : text())

  const list = defineCommand({
    meta: { name: 'list', description: 'Every space, by name' },
    args: LIST_ARGS,
    run: orSay(terminal, async context => {
      await at(context, LIST_ARGS, async counter => {
        for (let after = ''; ;) {
          const page = await counter.spaces(after, PAGE)
          const last = page.at(-1)
          if (last === undefined) return
          const isFirst = after === ''
          after = last.space
          if (context.args.json) for (const one of page) terminal.out(`${JSON.stringify(one)}\n`)
          else {
            const told = columns(
              ['space', 'entries', 'members'],
              page.map(one => [one.space, one.seq, one.members]),
            )
            terminal.out(isFirst ? told : told.slice(told.indexOf('\n') + 1))
          }
        }
      })
    }),
  })

  const show = defineCommand({
    meta: { name: 'show', description: 'One space: its log, its documents, its members' },
    args: ONE_ARGS,
    run: orSay(terminal, async context => {
      await at(context, ONE_ARGS, async counter => {
        const space = spaceNamed(context.args.space, context.args.of)
        const shown = await lookAt(counter, space)
        say(context.args.json, shown, () => {
          const { members, ...figures } = shown
          return `${columns(['of', space], Object.entries(figures))}\n${membersShown(members)}`
        })
      })
    }),
  })

  const members = defineCommand({
    meta: { name: 'members', description: 'Who is in a space, and as what' },
    args: ONE_ARGS,
    run: orSay(terminal, async context => {
      await at(context, ONE_ARGS, async counter => {
        const space = spaceNamed(context.args.space, context.args.of)
        await headOf(counter, space)
        const found = await counter.members(space)
        say(context.args.json, found, () => membersShown(found))
      })
    }),
  })

  const admit = defineCommand({
    meta: { name: 'admit', description: 'Take somebody into a space, which is made if it is new' },
    args: ROLE_ARGS,
    run: orSay(terminal, async context => {
      const { space: name, subject, role, of } = context.args
      await at(context, ROLE_ARGS, async counter => {
        const space = checkId('space', spaceNamed(name, of))
        const wanted = roleOf(role)
        await counter.admit(space, subjectOf(subject), wanted)
        const has = await counter.roleOf(space, subject)
        if (has !== wanted)
          throw said(`${subject} is in ${name} already, as ${has ?? 'nobody'}: change it with \`role\`.`)
        terminal.out(`${subject} is in ${name}, as ${wanted}.\n`)
      })
    }),
  })

  const role = defineCommand({
    meta: { name: 'role', description: 'Give a member another role' },
    args: ROLE_ARGS,
    run: orSay(terminal, async context => {
      await at(context, ROLE_ARGS, counter => change(counter, context.args, roleOf(context.args.role)))
    }),
  })

  const revoke = defineCommand({
    meta: { name: 'revoke', description: 'Take somebody out of a space' },
    args: REVOKE_ARGS,
    run: orSay(terminal, async context => {
      await at(context, REVOKE_ARGS, counter => change(counter, context.args, undefined))
    }),
  })

  const change = async (
    counter: OpenCounter,
    {
      space: name,
      subject,
      of,
    }: { readonly space: string; readonly subject: string; readonly of?: string | undefined },
    wanted: Role | undefined,
  ): Promise<void> => {
    const space = spaceNamed(name, of)
    // He would be let in again when he comes: it is his.
    if (space === personalSpaceOf(subject))
      throw said(`That is ${subject}'s own space: nobody is taken out of his own.`)
    if (!(await counter.setRole(space, subject, wanted))) throw said(`${subject} is not in ${name}.`)
    const when = counter.isRunning ? 'within 5 s for who is connected' : 'from when the relay starts'
    terminal.out(`${subject} is ${wanted === undefined ? 'no longer in' : `${wanted} in`} ${name}, ${when}.\n`)
  }

  return defineCommand({
    meta: { name: 'space', description: 'The spaces of a relay, and who is in them. A relay may be running.' },
    subCommands: { list, show, members, admit, role, revoke },
  })
}

interface SpaceShown {
  readonly epoch: string
  readonly entries: number
  readonly documents: number
  readonly gone: number
  readonly quarantined: number
  readonly bytes: number
  readonly members: readonly { readonly subject: string; readonly role: Role }[]
}

async function lookAt(counter: Counter, space: string): Promise<SpaceShown> {
  const { epoch, seq } = await headOf(counter, space)
  const count = { documents: 0, gone: 0, quarantined: 0, bytes: 0 }
  for (let before = Infinity; ;) {
    const page = await counter.documents(space, before, PAGE)
    for (const { state, bytes, quarantined } of page) {
      count[state === 'gone' ? 'gone' : 'documents'] += 1
      if (quarantined !== undefined) count.quarantined += 1
      count.bytes += bytes
    }
    const last = page.at(-1)
    if (last === undefined) break
    before = last.seq
  }
  return { epoch, entries: seq, ...count, members: await counter.members(space) }
}

function membersShown(members: SpaceShown['members']): string {
  return columns(
    ['member', 'role'],
    members.map(({ subject, role }) => [subject, role]),
  )
}

function roleOf(text: string): Role {
  const role = ROLES.find(one => one === text)
  if (role === undefined) throw said(`A role is one of ${ROLES.join(', ')}.`)
  return role
}

function subjectOf(text: string): string {
  if (text !== '' && Buffer.byteLength(text) <= SUBJECT_BYTES) return text
  throw said(`Whoever is named has 1 to ${SUBJECT_BYTES} bytes.`)
}

function said(sentence: string): JoineryError {
  return new JoineryError('BAD_INPUT', { sentence })
}
