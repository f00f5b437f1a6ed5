/** Resolves when messages posted by now have been delivered: a few round trips on channels of its own. */
export async function channelsSettled(): Promise<void> {
  for (let round = 0; round < 3; round++) {
    const [from, to] = [new BroadcastChannel('settled'), new BroadcastChannel('settled')]
    await new Promise(resolve => {
      to.addEventListener('message', resolve)
      from.postMessage(null)
    })
    from.close()
    to.close()
    await new Promise(resolve => setTimeout(resolve))
  }
}
