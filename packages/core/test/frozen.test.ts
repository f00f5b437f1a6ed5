import { expect, test } from 'vitest'

test('[OP-11] these tests run with Object.prototype frozen', () => {
  expect(Object.isFrozen(Object.prototype)).toBe(true)
  expect(() => Object.assign(Object.prototype, { polluted: true })).toThrow(TypeError)
  expect(() => Object.assign(Object.prototype, { toString: () => 'polluted' })).toThrow(TypeError)
  expect(Object.assign({}, { toString: () => 'own' }).toString()).toBe('own')
})
