/**
 * The contract suite of the Engine port: every sentence of its header, and the faults that an engine alone must bear.
 * What an engine cannot do it must refuse as its `can` says; no law asks which engine it is.
 */
import { byteLaws } from './engines/byte-laws.ts'
import { editLaws } from './engines/edit-laws.ts'
import type { MakeEngine } from './engines/history.ts'
import { mergeLaws } from './engines/merge-laws.ts'
import { valueLaws } from './engines/value-laws.ts'
import type { Law } from './law.ts'

export type { EngineBench, MakeEngine, TestedEngine } from './engines/history.ts'

/**
 * The laws of the Engine port.
 *
 * @example
 * ```ts
 * import { readRegister } from '@joinery/core'
 * import { engineLaws, seededRandom } from '@joinery/core/testing'
 * import { registerEngine } from '@joinery/adapters/engines/register'
 *
 * const authorsOf = (update: Uint8Array) => {
 *   const { by, n } = readRegister(update)
 *   return [{ author: by, from: n - 1, to: n }]
 * }
 * const engine = { ...registerEngine({ now: () => 1_000 }), authorsOf }
 * for (const law of engineLaws) await law.check(() => ({ engine, random: seededRandom(1) }))
 * ```
 */
export const engineLaws: readonly Law<MakeEngine>[] = [...mergeLaws, ...editLaws, ...valueLaws, ...byteLaws]
