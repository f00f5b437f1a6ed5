// Loaded into the relay's process before it: how long its main thread was at one thing. Between two ticks of a timer nothing else got its
// turn; what the thread did meanwhile, in CPU time, is the stall, since on a busy machine the clock also counts what others did.
const TICK_MS = 2

let cpu = 0
let wall = 0
let ticked = performance.now()
let used = process.threadCpuUsage()

setInterval(() => {
  const now = performance.now()
  const { user, system } = process.threadCpuUsage(used)
  cpu = Math.max(cpu, (user + system) / 1_000)
  wall = Math.max(wall, now - ticked - TICK_MS)
  ticked = now
  used = process.threadCpuUsage()
}, TICK_MS).unref()

/** Asked for the longest since the last question. */
process.on('message', () => {
  process.send?.({ cpu, wall, rss: process.memoryUsage.rss() })
  cpu = 0
  wall = 0
})
process.channel?.unref()
