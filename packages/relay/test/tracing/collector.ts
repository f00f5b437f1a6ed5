/** A collector of OpenTelemetry: takes OTLP in JSON over HTTP and keeps the spans. */
import { createServer } from 'node:http'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { expect, onTestFinished } from 'vitest'

export interface CollectedSpan {
  readonly name: string
  readonly traceId: string
  readonly spanId: string
  readonly parentSpanId: string | undefined
  readonly links: readonly string[]
  /** In ns since 1970. */
  readonly start: bigint
  readonly end: bigint
  readonly notes: Readonly<Record<string, string | number | boolean>>
  readonly events: readonly string[]
  /** Of the process, or what stands for one. */
  readonly instance: string
}

export interface Collector {
  readonly url: string
  readonly spans: readonly CollectedSpan[]
  /** All that came, as it came. */
  readonly bodies: readonly string[]
  /** The spans of that name, once there are so many of them. */
  named(name: string, count?: number): Promise<CollectedSpan[]>
}

interface Value {
  readonly stringValue?: string
  readonly intValue?: number
  readonly doubleValue?: number
  readonly boolValue?: boolean
}
type Attributes = readonly { readonly key: string; readonly value: Value }[]

interface Otlp {
  readonly resourceSpans: readonly {
    readonly resource: { readonly attributes: Attributes }
    readonly scopeSpans: readonly {
      readonly spans: readonly {
        readonly name: string
        readonly traceId: string
        readonly spanId: string
        readonly parentSpanId?: string
        readonly startTimeUnixNano: string
        readonly endTimeUnixNano: string
        readonly attributes: Attributes
        readonly links?: readonly { readonly spanId: string }[]
        readonly events?: readonly { readonly name: string }[]
      }[]
    }[]
  }[]
}

export async function collector(): Promise<Collector> {
  const bodies: string[] = []
  const spans: CollectedSpan[] = []
  const server = createServer((request, response) => {
    void text(request).then(body => {
      const isTraces = request.url === '/v1/traces' && request.headers['content-type'] === 'application/json'
      if (isTraces) {
        bodies.push(body)
        spans.push(...spansIn(JSON.parse(body) as Otlp))
      }
      response.writeHead(isTraces ? 200 : 404, { 'content-type': 'application/json' }).end('{}')
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  return {
    url: `http://127.0.0.1:${address.port}`,
    spans,
    bodies,
    async named(name, count = 1) {
      const found = (): CollectedSpan[] => spans.filter(span => span.name === name)
      await expect.poll(() => found().length, { timeout: 15_000 }).toBeGreaterThanOrEqual(count)
      return found()
    },
  }
}

function spansIn({ resourceSpans }: Otlp): CollectedSpan[] {
  return resourceSpans.flatMap(({ resource, scopeSpans }) =>
    scopeSpans
      .flatMap(({ spans }) => spans)
      .map(span => ({
        name: span.name,
        traceId: span.traceId,
        spanId: span.spanId,
        parentSpanId: span.parentSpanId,
        links: (span.links ?? []).map(({ spanId }) => spanId),
        start: BigInt(span.startTimeUnixNano),
        end: BigInt(span.endTimeUnixNano),
        notes: notesIn(span.attributes),
        events: (span.events ?? []).map(({ name }) => name),
        instance: String(notesIn(resource.attributes)['service.instance.id']),
      })),
  )
}

function notesIn(attributes: Attributes): Record<string, string | number | boolean> {
  return Object.fromEntries(attributes.map(({ key, value }) => [key, Object.values(value)[0]]))
}
