// Rounds of a scenario: each server in turn, another one first each time. A server that breaks has no figure, and the others go on.
import { median } from '../figure.ts'
import type { Measured, Scenario, Size } from './scenario.ts'
import { serverProcess } from './server-process.ts'
import { SERVERS, type ServerName } from './servers.ts'

/** Medians by server and metric. */
export type Medians = ReadonlyMap<ServerName, Measured>

export async function runScenario(
  scenario: Scenario,
  size: Size,
  servers: readonly ServerName[],
  tell: (line: string) => void,
): Promise<Medians> {
  const runsByServer = new Map<ServerName, Measured[]>()
  const chosen = scenario.servers.filter(name => servers.includes(name))
  for (let round = 0; round < scenario.rounds(size); round++) {
    const one = async (name: ServerName): Promise<void> => {
      const measured = await measureOnce(scenario, name, size, tell)
      if (measured === undefined) return
      runsByServer.set(name, [...(runsByServer.get(name) ?? []), measured])
      tell(`${name}: ${say(measured)}`)
    }
    const inTurn = turned(chosen, round).filter(name => round === 0 || isCompared(scenario, name))
    if (scenario.isTogether === true) await Promise.all(inTurn.map(one))
    else for (const name of inTurn) await one(name)
  }
  return new Map([...runsByServer].map(([name, runs]) => [name, mediansOf(runs)]))
}

/** One round is enough to tell of who stands in no ratio. */
function isCompared({ comparisons, limits }: Scenario, name: ServerName): boolean {
  return (
    comparisons.some(({ subject, against }) => name === subject || name === against) ||
    limits.some(({ subject }) => name === subject)
  )
}

async function measureOnce(
  scenario: Scenario,
  name: ServerName,
  size: Size,
  tell: (line: string) => void,
): Promise<Measured | undefined> {
  try {
    const server = await serverProcess(SERVERS[name].launch)
    try {
      return await scenario.measure(server, name, size)
    } finally {
      await server.remove()
    }
  } catch (error) {
    tell(`${name}: failed: ${String(error)}`)
    return undefined
  }
}

function turned<Item>(items: readonly Item[], by: number): Item[] {
  const at = by % Math.max(1, items.length)
  return [...items.slice(at), ...items.slice(0, at)]
}

export function mediansOf(runs: readonly Measured[]): Measured {
  const metrics = Object.keys(runs[0] ?? {})
  return Object.fromEntries(
    metrics.map(metric => [metric, median(runs.map(run => run[metric] ?? Number.NaN).filter(Number.isFinite))]),
  )
}

function say(measured: Measured): string {
  return Object.entries(measured)
    .map(([metric, value]) => `${metric} ${value.toPrecision(4)}`)
    .join(', ')
}
