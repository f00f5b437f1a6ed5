/** Asks a relay whether it is ready until it answers so: what it says is a second old at most. */
import { setTimeout as pass } from 'node:timers/promises'

const AGAIN_MS = 50

/** Resolves to the reason when it is not. */
export async function readyAnswers(port: number, status: number): Promise<string | undefined> {
  for (;;) {
    const answer = await fetch(`http://127.0.0.1:${port}/readyz`)
    const body = (await answer.json()) as { readonly error?: { readonly details: { readonly reason?: string } } }
    if (answer.status === status) return body.error?.details.reason
    await pass(AGAIN_MS)
  }
}
