/** What settings must be together. Each rule names the key that one would change, and where it was said. */
import { statSync } from 'node:fs'
import { LOOPBACK } from '../commands/settings.ts'
import { LIMIT_RULES } from './limit-rules.ts'
import { limitsIn, type Key, type Values } from './settings.ts'
import type { Mistake } from './sources.ts'

type Origins = ReadonlyMap<Key, string>

/** Who names a folder does not mean what stands in the environment, or does, and then something else is served, or overwritten. */
export const ONE_PLACE = 'a folder, or the Postgres of JOINERY_STORE, not both'

/** Of what was said, whatever it is for. */
export function jointMistakes(values: Values, origins: Origins): Mistake[] {
  const wrong = at(origins)
  const { app, port } = values
  const limits = limitsIn(values)
  const metricsPort = values['metrics.port']
  return [
    ...(values.notes && app !== undefined ? [wrong('notes', 'either the notes app or another')] : []),
    ...(origins.has('traces.sample') && values['traces.url'] === undefined
      ? [wrong('traces.sample', 'only with an address that traces go to: --otlp')]
      : []),
    ...(app === undefined || isFolder(app) ? [] : [wrong('app', 'a folder that is there', app)]),
    ...(values['tokens.secret'] !== undefined && values['tokens.publicKey'] !== undefined
      ? [wrong('tokens.publicKey', 'JOINERY_SECRET or JOINERY_PUBLIC_KEY, not both')]
      : []),
    ...(metricsPort !== undefined && metricsPort !== 0 && metricsPort === port
      ? [wrong('metrics.port', 'another port than the public one', String(port))]
      : []),
    ...LIMIT_RULES.filter(({ isKept }) => !isKept(limits)).map(({ of, allowed }) =>
      wrong(`limits.${of}`, allowed, String(limits[of])),
    ),
  ]
}

/** Of a relay that is to start. */
export function serveMistakes({ values, origins }: { readonly values: Values; readonly origins: Origins }): Mistake[] {
  const wrong = at(origins)
  const hasKey = values['tokens.secret'] !== undefined || values['tokens.publicKey'] !== undefined
  const { bus, data, store, dev, host } = values
  const isOpen = !LOOPBACK.includes(values['metrics.host'])
  return [
    ...(data === undefined && store === undefined
      ? [wrong('data', 'a path: --data, JOINERY_DATA, or `data` in a file; or JOINERY_STORE')]
      : []),
    // A container image says JOINERY_DATA to everybody: beside a store that means nothing.
    ...(store !== undefined && origins.get('data') === '--data' ? [wrong('data', ONE_PLACE)] : []),
    ...(bus === 'postgres' && store === undefined ? [wrong('bus', 'postgres beside a JOINERY_STORE alone')] : []),
    ...(dev && !LOOPBACK.includes(host) ? [wrong('host', 'with --dev this machine only: 127.0.0.1', host)] : []),
    ...(dev || hasKey ? [] : [wrong('tokens.secret', 'set JOINERY_SECRET or JOINERY_PUBLIC_KEY, or use --dev')]),
    ...(isOpen && values['metrics.token'] === undefined
      ? [wrong('metrics.host', 'this machine only, or with JOINERY_METRICS_TOKEN', values['metrics.host'])]
      : []),
  ]
}

/** Of tokens that are to be minted. */
export function mintMistakes({ values, origins }: { readonly values: Values; readonly origins: Origins }): Mistake[] {
  const canSign = values['tokens.secret'] !== undefined || values['tokens.privateKey'] !== undefined
  return canSign ? [] : [at(origins)('tokens.secret', 'set JOINERY_SECRET or JOINERY_PRIVATE_KEY')]
}

function at(origins: Origins) {
  return (key: Key, allowed: string, found?: string): Mistake => ({
    key,
    from: origins.get(key),
    found,
    allowed,
  })
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true
}
