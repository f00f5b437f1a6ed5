// The Web Locks of one origin, as far as tabs use them: Node has had them since 24 only.
import type { RoleLocks } from '@joinery/adapters/tabs/browser'

interface Request {
  readonly start: () => Promise<void>
}

export function roleLocks(): RoleLocks {
  const queues = new Map<string, Request[]>()
  const next = async (name: string): Promise<void> => {
    const [first] = queues.get(name) ?? []
    await first?.start()
  }
  return {
    request: (name, { signal }, held) =>
      new Promise<void>((resolve, reject) => {
        const queue = queues.get(name) ?? []
        queues.set(name, queue)
        let started = false
        const done = (): void => {
          const wasFirst = queue[0] === request
          if (queue.includes(request)) queue.splice(queue.indexOf(request), 1)
          if (wasFirst) void next(name)
        }
        const request: Request = {
          async start() {
            started = true
            await null
            try {
              await held()
              resolve()
            } catch (error) {
              reject(error)
            }
            done()
          },
        }
        signal.addEventListener('abort', () => {
          if (started) return
          done()
          reject(signal.reason)
        })
        queue.push(request)
        if (queue[0] === request) void next(name)
      }),
  }
}
