// The Web Locks of one origin, as far as tabs use them: Node has had them since 24 only.
import type { RoleLocks } from '@joinery/adapters/tabs/browser'

export function roleLocks(): RoleLocks {
  const lastByName = new Map<string, Promise<void>>()
  return {
    async request(name, held) {
      const turn = (lastByName.get(name) ?? Promise.resolve()).then(held)
      lastByName.set(name, turn)
      await turn
    },
  }
}
