import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { served } from './served.ts'
import { readyAnswers } from './ready.ts'

function builtApp(): string {
  const folder = mkdtempSync(join(tmpdir(), 'joinery-app-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  mkdirSync(join(folder, 'assets'))
  writeFileSync(join(folder, 'index.html'), '<!doctype html><title>app</title>')
  writeFileSync(join(folder, 'sw.js'), 'self.skipWaiting()')
  writeFileSync(join(folder, 'manifest.webmanifest'), '{}')
  writeFileSync(join(folder, 'assets/index-BxC4f9_2.js'), 'export {}')
  writeFileSync(join(folder, 'assets/engine-aaaaaaaa.wasm'), new Uint8Array(8))
  writeFileSync(join(folder, '..', 'outside.txt'), 'outside')
  return folder
}

/** A path as it is, without the tidying of URLs. */
function get(
  port: number,
  path: string,
  method = 'GET',
  headers: Record<string, string> = {},
): Promise<{ status: number; headers: NodeJS.Dict<string | string[]>; body: string }> {
  return new Promise((resolve, reject) => {
    const sent = request({ host: '127.0.0.1', port, path, method, headers }, response => {
      let body = ''
      response.on('data', chunk => void (body += String(chunk)))
      response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body }))
    })
    sent.on('error', reject)
    sent.end()
  })
}

test('an app is served: its files by type, its pages by their paths, and a missing asset is missing', async () => {
  const { port } = await served({ app: builtApp() })
  const types = {
    '/': 'text/html; charset=utf-8',
    '/notes/some-note': 'text/html; charset=utf-8',
    '/sw.js': 'text/javascript; charset=utf-8',
    '/assets/index-BxC4f9_2.js': 'text/javascript; charset=utf-8',
    '/assets/engine-aaaaaaaa.wasm': 'application/wasm',
    '/manifest.webmanifest': 'application/manifest+json',
  }
  for (const [path, type] of Object.entries(types)) {
    expect(await get(port, path)).toMatchObject({
      status: 200,
      headers: { 'content-type': type, 'x-content-type-options': 'nosniff' },
    })
  }
  expect((await get(port, '/assets/gone-12345678.js')).status).toBe(404)
  expect((await get(port, '/', 'POST')).status).toBe(404)
})

test('what has a hash is kept for ever, everything else is asked for again and answered 304', async () => {
  const { port } = await served({ app: builtApp() })
  expect((await get(port, '/assets/index-BxC4f9_2.js')).headers['cache-control']).toContain('immutable')
  for (const path of ['/', '/sw.js']) {
    const { headers } = await get(port, path)
    expect(headers['cache-control']).toBe('no-cache')
    expect(await get(port, path, 'GET', { 'If-None-Match': String(headers['etag']) })).toMatchObject({
      status: 304,
      body: '',
    })
  }
})

test('a page may talk to this host and run its own scripts, and nobody may frame it', async () => {
  const { port } = await served({ app: builtApp() })
  const policy = String((await get(port, '/')).headers['content-security-policy'])
  expect(policy).toContain(`connect-src 'self' ws://127.0.0.1:${port}`)
  expect(policy).toContain("script-src 'self' 'wasm-unsafe-eval'")
  expect(policy).toContain("frame-ancestors 'none'")
  expect(policy).not.toContain('unsafe-eval; ')
})

test('what a browser may do with an answer is said with each: pages, files, errors and refusals', async () => {
  const { port } = await served({ app: builtApp(), loopbackOnly: false, origins: ['https://app.example.com'] })
  const evil = { Origin: 'https://evil.example' }
  const answers = {
    'a page': await get(port, '/'),
    'a file': await get(port, '/sw.js'),
    'not modified': await get(port, '/', 'GET', { 'If-None-Match': String((await get(port, '/')).headers['etag']) }),
    'no such file': await get(port, '/gone.js'),
    'alive': await get(port, '/healthz'),
    'no such route': await get(port, '/v1/other'),
    'a bad request': await get(port, '/v1/sync?token=x', 'POST'),
    'no such link': await get(port, '/v1/sync', 'POST', { 'Joinery-Session': 'none' }),
    'another origin': await get(port, '/v1/sync', 'POST', evil),
    'a preflight': await get(port, '/v1/sync', 'OPTIONS', { Origin: 'https://app.example.com' }),
    'a refused preflight': await get(port, '/v1/sync', 'OPTIONS', evil),
  }
  expect(Object.values(answers).map(({ status }) => status)).toEqual([
    200, 200, 304, 404, 200, 404, 400, 404, 403, 204, 403,
  ])
  for (const [name, { headers }] of Object.entries(answers)) {
    expect(headers, name).toMatchObject({
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
      'referrer-policy': 'same-origin',
      'cross-origin-resource-policy': 'same-origin',
      'cross-origin-opener-policy': 'same-origin',
      'x-request-id': expect.stringMatching(/^[0-9a-f]{16}$/) as string,
    })
    expect(headers['content-security-policy'], name).toContain("frame-ancestors 'none'")
    for (const absent of ['x-powered-by', 'server', 'strict-transport-security'])
      expect(headers, name).not.toHaveProperty(absent)
  }
  expect(answers['alive'].headers['content-security-policy']).toBe("default-src 'none'; frame-ancestors 'none'")
})

test('in development, a name that is not this machine’s is answered with the same headers and nothing else', async () => {
  const { port, counted } = await served()
  const { status, headers } = await get(port, '/healthz', 'GET', { Host: 'evil.example' })
  expect([status, headers['x-frame-options'], counted('http.403')]).toEqual([403, 'DENY', 1])
})

test('[AU-16] no spelling of a path leads out of the app or past the routes', async () => {
  const { port } = await served({ app: builtApp() })
  const spellings = [
    '/../outside.txt',
    '/%2e%2e/outside.txt',
    '/..%2foutside.txt',
    '//outside.txt',
    '/assets/../../outside.txt',
    '/%2e%2e%2foutside.txt',
    '/\\..\\outside.txt',
    '/outside.txt%00',
  ]
  for (const path of spellings) expect((await get(port, path)).body, path).not.toBe('outside')
  for (const path of ['/v1/sync', '/v1/other', '/v1/']) {
    expect(JSON.parse((await get(port, path)).body), path).toMatchObject({
      success: false,
      error: { code: 'NOT_FOUND' },
    })
  }
})

test('[OP-03] an error is a code, a sentence and an id', async () => {
  const { port } = await served()
  const { status, body, headers } = await get(port, '/nowhere')
  expect(status).toBe(404)
  expect(JSON.parse(body)).toEqual({
    success: false,
    error: { code: 'NOT_FOUND', message: 'There is nothing here.', details: {}, requestId: headers['x-request-id'] },
  })
})

test('alive is not ready: what has no store says so', async () => {
  const one = await served()
  expect((await get(one.port, '/healthz')).status).toBe(200)
  expect((await get(one.port, '/readyz')).status).toBe(200)
  await one.store.close()
  await readyAnswers(one.port, 503)
  for (const path of ['/healthz', '/livez']) expect((await get(one.port, path)).status).toBe(200)
})
