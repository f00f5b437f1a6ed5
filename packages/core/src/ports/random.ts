/**
 * Port: chance. Laws:
 * - `bytes(n)` gives n bytes nobody can guess, of their own, however many; `number()` is uniform in [0, 1).
 * - Two instances never give the same sequence, but for seeded ones made for tests.
 */
export interface Random {
  bytes(count: number): Uint8Array
  number(): number
}
