// CPU and memory of a server are the operating system's figures, its children included.
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { expect, test } from 'vitest'
import { costsOf, procRow, psRow } from '../driver/process-costs.ts'

test('a line of /proc is read behind the name, whatever stands in it', () => {
  const stat = '42 (a ) (b) 7 S 1) S 7 42 42 0 -1 0 0 0 0 0 150 50 30 20 20 0 11 0 99 1000000 256 1 1'
  expect(procRow(stat)).toEqual({ pid: 42, parent: 7, cpu: 2.5, rss: 256 * 4_096 })
})

test('a line of ps is read with hours, days and fractions', () => {
  expect(psRow('  42   7  0:01.50   100')).toEqual({ pid: 42, parent: 7, cpu: 1.5, rss: 102_400 })
  expect(psRow('42 7 1-02:03:04 1').cpu).toBe(86_400 + 2 * 3_600 + 3 * 60 + 4)
})

test('what a child uses counts with its parent', async () => {
  const busy = fork('-e', ['for (let at = 0; at < 3e8; at++); process.send("done"); setInterval(() => {}, 1e6)'], {
    execArgv: [],
  })
  const before = costsOf(process.pid)
  await once(busy, 'message')
  const [all, child] = [costsOf(process.pid), costsOf(busy.pid ?? 0)]
  busy.kill()
  expect(child.cpu).toBeGreaterThan(0)
  expect(all.cpu).toBeGreaterThanOrEqual(before.cpu)
  expect(all.rss).toBeGreaterThan(child.rss)
})

test('a process that is gone has no figures', () => {
  expect(() => costsOf(2 ** 22 + 1)).toThrow('gone')
})
