/**
 * Serves a built web app. Laws:
 * - A path is looked up in the list of files that are there and never joined into one, so no spelling leads out (AU-15, AU-16).
 * - What has a hash in its name never changes and is kept for ever; everything else is asked for again, and answered 304 when it is the same,
 *   so a new version reaches its service worker.
 * - A page of the app that is no file is the app itself; a missing asset is 404.
 */
import { createHash } from 'node:crypto'
import { Hono } from 'hono'
import type { AppFiles } from './app-files.ts'
import { pageHeaders } from './security-headers.ts'

const TYPES: Readonly<Record<string, string>> = {
  avif: 'image/avif',
  css: 'text/css; charset=utf-8',
  gif: 'image/gif',
  html: 'text/html; charset=utf-8',
  ico: 'image/x-icon',
  jpg: 'image/jpeg',
  js: 'text/javascript; charset=utf-8',
  json: 'application/json; charset=utf-8',
  map: 'application/json; charset=utf-8',
  mjs: 'text/javascript; charset=utf-8',
  png: 'image/png',
  svg: 'image/svg+xml',
  txt: 'text/plain; charset=utf-8',
  wasm: 'application/wasm',
  webmanifest: 'application/manifest+json',
  webp: 'image/webp',
  woff: 'font/woff',
  woff2: 'font/woff2',
}

/** `/assets/name-BxC4f9_2.js`, as bundlers name what they may change. Elsewhere a name may only look like it. */
const HASHED = /^\/assets\/.*-[A-Za-z0-9_-]{8,}\.[a-z0-9]+$/
const FOR_EVER = 'public, max-age=31536000, immutable'

interface File {
  readonly path: string
  readonly type: string
  readonly isHashed: boolean
}

export function staticApp(files: AppFiles): Hono {
  let filesByPath = servedFrom(files)
  const find = (path: string): File | undefined => {
    const known = filesByPath.get(path)
    if (known !== undefined) return known
    // It may have been built since.
    filesByPath = servedFrom(files)
    return filesByPath.get(path)
  }

  const app = new Hono()
  app.use(pageHeaders())
  app.get('*', context => {
    const { path } = context.req
    const file = find(path) ?? find(path.endsWith('/') ? `${path}index.html` : `${path}/index.html`)
    const isPage = !/\.[A-Za-z0-9]+$/.test(path)
    const served = file ?? (isPage ? find('/index.html') : undefined)
    const bytes = served && files.read(served.path)
    if (served === undefined || bytes === undefined) return context.notFound()
    const etag = `"${createHash('sha256').update(bytes).digest('base64url').slice(0, 22)}"`
    context.header('ETag', etag)
    context.header('Cache-Control', served.isHashed ? FOR_EVER : 'no-cache')
    if (context.req.header('If-None-Match') === etag) return context.body(null, 304)
    context.header('Content-Type', served.type)
    return context.body(bytes)
  })
  return app
}

function servedFrom(files: AppFiles): Map<string, File> {
  const served = new Map<string, File>()
  for (const path of files.paths()) {
    const url = `/${path}`
    const extension = path.split('.').at(-1) ?? ''
    const type = Object.hasOwn(TYPES, extension) ? TYPES[extension] : undefined
    served.set(url, { path, type: type ?? 'application/octet-stream', isHashed: HASHED.test(url) })
  }
  return served
}
