/** What the relay is told when it starts: its settings, its keys, and whose pages may connect. */
import { LOOPBACK } from '../../commands/settings.ts'
import type { Values } from '../../configuration/settings.ts'
import { mistakeShown } from '../../configuration/shown.ts'
import type { Mistake } from '../../configuration/sources.ts'
import { found, type Check } from '../check.ts'

/** Those that have a code of their own. */
const TOLD_APART = ['tokens.', 'metrics.token', 'origins']

/** Whether it is named where a relay keeps everything. */
const isToStart = ({ data, store }: Values): boolean => data !== undefined || store !== undefined

const about = (group: string, mistakes: readonly Mistake[]): readonly Mistake[] =>
  mistakes.filter(({ key }) => key.startsWith(group))

export const checkConfiguration: Check = async ({ configuration: { values, mistakes } }) => {
  const others = mistakes.filter(({ key }) => TOLD_APART.every(group => !key.startsWith(group)))
  if (others.length === 0)
    return found(
      'CONFIGURATION_OK',
      isToStart(values) ? 'The relay would take these settings.' : 'Each of these settings would do.',
    )
  return others.flatMap(one => found('CONFIGURATION_WRONG', `The relay would not start: ${mistakeShown(one)}.`))
}

export const checkTokenKey: Check = async ({ configuration: { values, mistakes } }) => {
  // Whoever only looks from outside has no key.
  if (!isToStart(values)) return []
  if (values.dev)
    return found('KEY_DEVELOPMENT', 'For development there is no key: whoever is on this machine signs in.')
  // What nobody says is missing, and not weak.
  const wrong = about('tokens.', mistakes).filter(({ from }) => from !== undefined)
  if (wrong.length > 0)
    return wrong.flatMap(one => found('KEY_WEAK', `The key for tokens will not do: ${mistakeShown(one)}.`))
  if (values['tokens.secret'] === undefined && values['tokens.publicKey'] === undefined)
    return found('KEY_MISSING', 'There is no key for tokens.')
  const algorithm = values['tokens.secret'] === undefined ? 'EdDSA' : 'HS256'
  return found('KEY_OK', `Tokens are signed with ${algorithm}, and the key is no guess.`)
}

export const checkMetricsToken: Check = async ({ configuration: { values, mistakes } }) => {
  const wrong = about('metrics.token', mistakes)
  if (wrong.length > 0)
    return wrong.flatMap(one => found('METRICS_TOKEN_WEAK', `The token for metrics will not do: ${mistakeShown(one)}.`))
  return values['metrics.token'] === undefined ? [] : found('METRICS_TOKEN_OK', 'The token for metrics is no guess.')
}

export const checkOrigins: Check = async ({ configuration: { values, mistakes } }) => {
  const wrong = about('origins', mistakes).flatMap(one =>
    found('ORIGIN_WRONG', `No page has this: ${mistakeShown(one)}.`),
  )
  const insecure = values.origins.flatMap(origin => {
    const { protocol, hostname } = new URL(origin)
    return protocol === 'http:' && !LOOPBACK.includes(hostname.replace(/^\[|\]$/g, ''))
      ? found('ORIGIN_INSECURE', `Pages of ${origin} come without TLS.`)
      : []
  })
  if (wrong.length + insecure.length > 0 || values.origins.length === 0) return [...wrong, ...insecure]
  return found('ORIGINS_OK', `Pages of ${values.origins.join(', ')} may connect, beside the relay’s own.`)
}
