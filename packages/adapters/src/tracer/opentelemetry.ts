/**
 * Tracer: OpenTelemetry's SDK, which sends spans by OTLP over HTTP. Laws:
 * - The only file that loads OpenTelemetry: who traces nothing does not import it.
 * - T3: what waits to be sent is bounded, and dropped above that; a collector that is slow or gone costs nothing else.
 * - Of this machine nothing is said but what is passed in here; OTEL_EXPORTER_OTLP_HEADERS holds what the collector wants to be shown.
 */
import type { Clock, Random, SpanStart, TraceContext, Tracer } from '@joinery/core'
import { hex } from '@joinery/core'
import { type Context, ROOT_CONTEXT, type SpanContext, SpanKind, trace, TraceFlags } from '@opentelemetry/api'
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http'
import { resourceFromAttributes } from '@opentelemetry/resources'
import { AlwaysOnSampler, BatchSpanProcessor, type SpanExporter, TracerProvider } from '@opentelemetry/sdk-trace'

export interface OpenTelemetryOptions {
  /** Where a collector listens, as `http://127.0.0.1:4318`; `/v1/traces` is added. */
  readonly url: string
  /** Of how many edits one is traced, as a fraction: 1 for all. */
  readonly sample: number
  /** Of what runs. */
  readonly version: string
  readonly clock: Pick<Clock, 'now' | 'monotonic'>
  readonly random: Random
  /** Spans could not be sent and are gone. */
  readonly failed?: (error: unknown) => void
}

const SENT_EVERY_MS = 1_000
const SEND_MS = 2_000
/** A wall clock that was moved by so much is believed. */
const STEP_MS = 100
const INSTANCE_BYTES = 8

const KINDS = { server: SpanKind.SERVER, producer: SpanKind.PRODUCER, consumer: SpanKind.CONSUMER }

/**
 * A tracer that sends to a collector.
 *
 * @example
 * ```ts
 * import { systemClock } from '@joinery/adapters/clock/system'
 * import { cryptoRandom } from '@joinery/adapters/random/crypto'
 * import { openTelemetry } from '@joinery/adapters/tracer/opentelemetry'
 *
 * const [clock, random] = [systemClock(), cryptoRandom()]
 * const tracer = openTelemetry({ url: 'http://127.0.0.1:4318', sample: 0.01, version: '1.0.0', clock, random })
 * await tracer.close()
 * ```
 */
export function openTelemetry(options: OpenTelemetryOptions): Tracer {
  const { clock, random, sample } = options
  const url = `${options.url.replace(/\/+$/, '')}/v1/traces`
  const exporter = telling(new OTLPTraceExporter({ url, timeoutMillis: SEND_MS }), options.failed)
  const provider = new TracerProvider({
    resource: resourceFromAttributes({
      'service.name': 'joinery',
      'service.version': options.version,
      'service.instance.id': hex(random.bytes(INSTANCE_BYTES)),
    }),
    // Whether there is a trace was decided before the first of its spans.
    sampler: new AlwaysOnSampler(),
    spanProcessors: [new BatchSpanProcessor({ exporter, scheduledDelayMillis: SENT_EVERY_MS })],
  })
  const tracer = provider.getTracer('joinery', options.version)
  let offset = clock.now() - clock.monotonic()
  let left = gap(random, sample)

  /** The same step between the clocks for all spans, or those of one trace would seem to begin before each other. */
  const wall = (at: number): number => {
    const fresh = clock.now() - clock.monotonic()
    if (Math.abs(fresh - offset) > STEP_MS) offset = fresh
    return offset + at
  }

  return {
    samples() {
      left -= 1
      if (left > 0) return false
      left = gap(random, sample)
      return true
    },
    span({ name, at, kind, parent, links = [], notes = {} }: SpanStart) {
      const span = tracer.startSpan(
        name,
        {
          startTime: wall(at),
          attributes: { ...notes },
          links: links.map(context => ({ context: contextOf(context) })),
          ...(kind === undefined ? {} : { kind: KINDS[kind] }),
        },
        parent === undefined ? ROOT_CONTEXT : within(parent),
      )
      const { traceId, spanId } = span.spanContext()
      return {
        context: { trace: traceId, span: spanId },
        note: more => void span.setAttributes({ ...more }),
        event: (event, eventAt) => void span.addEvent(event, wall(eventAt)),
        end: endAt => span.end(wall(endAt)),
      }
    },
    // What fails was told already.
    close: () => provider.shutdown().catch(() => undefined),
  }
}

/** How many there are until the next one that is traced: as if each had been drawn for, and a number drawn only then. */
function gap(random: Random, sample: number): number {
  if (sample >= 1) return 1
  return sample > 0 ? 1 + Math.floor(Math.log(1 - random.number()) / Math.log(1 - sample)) : Infinity
}

function contextOf({ trace: traceId, span: spanId }: TraceContext): SpanContext {
  return { traceId, spanId, traceFlags: TraceFlags.SAMPLED, isRemote: true }
}

function within(parent: TraceContext): Context {
  return trace.setSpanContext(ROOT_CONTEXT, contextOf(parent))
}

/** The exporter, and whoever wants to know hears of its failures. */
function telling(exporter: SpanExporter, failed: (error: unknown) => void = () => undefined): SpanExporter {
  return {
    export: (spans, done) =>
      exporter.export(spans, result => {
        if (result.error !== undefined) failed(result.error)
        done(result)
      }),
    forceFlush: async () => exporter.forceFlush?.(),
    shutdown: () => exporter.shutdown(),
  }
}
