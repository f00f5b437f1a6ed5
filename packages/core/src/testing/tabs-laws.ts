/** The laws of the Tabs port. */
import type { Tabs } from '../ports/tabs.ts'
import type { Law } from './law.ts'
import { must, same } from './must.ts'

/** Tabs that share a device, and how their time is made to pass. */
export interface TabsSubject {
  /** One more tab of the same app and user. */
  open(): Tabs
  /** A tab of the same app and another user. */
  stranger(): Tabs
  /** Resolves when what was sent and asked for by now has had its effect. */
  settle(): Promise<void>
}

/** For each implementation: `make` gives a device that no other check shares. */
export const tabsLaws: readonly Law<() => TabsSubject>[] = [
  {
    rule: 'C3',
    title: 'news reaches every other tab, in order, and never the one that sent it',
    check: withTabs(async ({ open, settle }) => {
      const [a, b, c] = [open(), open(), open()]
      const [heardA, heardB, heardC] = [record(a), record(b), record(c)]
      const sent = Array.from({ length: 50 }, (_, n) => n)
      for (const n of sent) a.send(n)
      await settle()
      same(heardA, [], 'what the sender heard')
      same(heardB, sent, 'what the second tab heard')
      same(heardC, sent, 'what the third tab heard')
      b.send('answer')
      await settle()
      same([heardA, heardB.length, heardC.at(-1)], [['answer'], 50, 'answer'], 'what the others heard of the answer')
    }),
  },
  {
    rule: 'C3',
    title: 'two listeners of one tab both hear, until each leaves',
    check: withTabs(async ({ open, settle }) => {
      const [a, b] = [open(), open()]
      const first: unknown[] = []
      const leave = b.listen(news => first.push(news))
      const second = record(b)
      a.send(1)
      await settle()
      leave()
      leave()
      a.send(2)
      await settle()
      same([first, second], [[1], [1, 2]], 'what they heard')
    }),
  },
  {
    rule: 'C3',
    title: 'a listener is called with a copy, and never inside `send`',
    check: withTabs(async ({ open, settle }) => {
      const [a, b, c] = [open(), open(), open()]
      const heard: unknown[] = []
      b.listen(news => {
        heard.push(structure(news))
        spoil(news)
      })
      c.listen(news => {
        heard.push(structure(news))
        spoil(news)
      })
      const news = { document: 'd', bytes: new Uint8Array([1, 2]) }
      a.send(news)
      same(heard, [], 'what was heard inside the call')
      spoil(news)
      await settle()
      same(heard, ['d 1,2', 'd 1,2'], 'what was heard')
    }),
  },
  {
    rule: 'C3',
    title: 'tabs of another user hear nothing and wait for nobody',
    check: withTabs(async ({ open, stranger, settle }) => {
      const [a, b, other] = [open(), open(), stranger()]
      const [heard, heardOther] = [record(b), record(other)]
      const led: string[] = []
      a.lead(() => led.push('a'))
      other.lead(() => led.push('other'))
      a.send('ours')
      other.send('theirs')
      await settle()
      same([heard, heardOther], [['ours'], []], 'what they heard')
      same(led.sort(), ['a', 'other'], 'who leads')
    }),
  },
  {
    rule: 'CL-05',
    title: 'one tab leads at a time, and the one that waits longest is next',
    check: withTabs(async ({ open, settle }) => {
      const tabs = [open(), open(), open()]
      const led: number[] = []
      const roles = tabs.map((tab, n) => tab.lead(() => led.push(n)))
      same(led, [], 'who leads inside the call')
      await settle()
      same(led, [0], 'who leads first')
      roles[0]?.leave()
      await settle()
      same(led, [0, 1], 'who leads when the first left')
      roles[1]?.leave()
      await settle()
      same(led, [0, 1, 2], 'who leads when the second left')
      roles[2]?.leave()
      tabs[0]?.lead(() => led.push(0))
      await settle()
      same(led, [0, 1, 2, 0], 'who leads when the first asks again')
    }),
  },
  {
    rule: 'CL-05',
    title: 'a tab that closes passes the role on',
    check: withTabs(async ({ open, settle }) => {
      const [a, b] = [open(), open()]
      const led: string[] = []
      a.lead(() => led.push('a'))
      b.lead(() => led.push('b'))
      await settle()
      a.close()
      await settle()
      same(led, ['a', 'b'], 'who led')
    }),
  },
  {
    rule: 'CL-05',
    title: 'who gave up waiting never leads, and leaving twice takes nothing from the next',
    check: withTabs(async ({ open, settle }) => {
      const [a, b, c, d] = [open(), open(), open(), open()]
      const led: string[] = []
      const first = a.lead(() => led.push('a'))
      const second = b.lead(() => led.push('b'))
      const third = c.lead(() => led.push('c'))
      d.lead(() => led.push('d'))
      await settle()
      second.leave()
      first.leave()
      await settle()
      first.leave()
      second.leave()
      await settle()
      same(led, ['a', 'c'], 'who led')
      third.leave()
      await settle()
      same(led, ['a', 'c', 'd'], 'who led in the end')
    }),
  },
  {
    rule: 'CL-05',
    title: 'a role left in the same breath is passed on at once',
    check: withTabs(async ({ open, settle }) => {
      const [a, b, c] = [open(), open(), open()]
      const led: string[] = []
      a.lead(() => led.push('a')).leave()
      b.lead(() => led.push('b'))
      b.close()
      c.lead(() => led.push('c'))
      await settle()
      same(led, ['c'], 'who led')
    }),
  },
  {
    rule: 'C3',
    title: 'after `close` nothing of the tab is called, and what it calls does nothing',
    check: withTabs(async ({ open, settle }) => {
      const [a, b] = [open(), open()]
      const [heardA, heardB] = [record(a), record(b)]
      const led: string[] = []
      b.send('on its way')
      a.close()
      heardA.length = 0
      a.send('from the grave')
      a.lead(() => led.push('a')).leave()
      a.lead(() => led.push('a'))
      a.listen(news => heardA.push(news))
      b.send('hello')
      await settle()
      a.close()
      same([heardA, heardB, led], [[], [], []], 'what was heard, and who led')
      b.lead(() => led.push('b'))
      await settle()
      same(led, ['b'], 'who leads')
    }),
  },
]

/** Closes whatever tabs a check opened, so that none keeps a role or a process. */
function withTabs(check: (subject: TabsSubject) => Promise<void>): Law<() => TabsSubject>['check'] {
  return async make => {
    const subject = make()
    const opened: Tabs[] = []
    const keep = (tab: Tabs): Tabs => {
      opened.push(tab)
      return tab
    }
    try {
      await check({
        open: () => keep(subject.open()),
        stranger: () => keep(subject.stranger()),
        settle: () => subject.settle(),
      })
    } finally {
      for (const tab of opened) tab.close()
    }
  }
}

function record(tab: Tabs): unknown[] {
  const heard: unknown[] = []
  tab.listen(news => heard.push(news))
  return heard
}

function structure(news: unknown): string {
  const { document, bytes } = news as { document: string; bytes: Uint8Array }
  must(bytes instanceof Uint8Array, 'bytes did not come as bytes')
  return `${document} ${[...bytes].join()}`
}

function spoil(news: unknown): void {
  const value = news as { document: string; bytes: Uint8Array }
  value.document = 'spoilt'
  value.bytes.fill(9)
}
