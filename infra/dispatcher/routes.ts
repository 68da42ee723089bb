// SPDX-License-Identifier: MIT
/** Which subject and which timer reaches which function: read from serverless.yml's functions, and from nowhere else. */
import { z } from 'zod';

export interface NatsRoute {
  readonly function: string;
  readonly subject: string;
  /** Processes of one queue share the messages of a subject. */
  readonly queue: string;
  readonly lane: LaneName;
}

/**
 * Who waits for whom: what the hub triggers itself waits for no user, and what is decided by the store alone for nobody who
 * reads the chain.
 */
export const LANES = ['users', 'chain', 'hub'] as const;
export type LaneName = (typeof LANES)[number];

export interface TimerRoute {
  readonly function: string;
  readonly seconds: number;
}

export interface Routes {
  readonly nats: readonly NatsRoute[];
  readonly timers: readonly TimerRoute[];
  /** Seconds each function may take. */
  readonly timeouts: Readonly<Record<string, number>>;
  /** What the functions are called in the cloud. */
  readonly names: Readonly<Record<string, string>>;
}

const subject = z.string().regex(/^[^\s.]+(\.[^\s.]+)*$/);

const functionsSchema = z.record(
  z.string(),
  z.looseObject({
    name: z.string().optional(),
    timeout: z.number().positive().optional(),
    events: z
      .array(
        z.looseObject({
          nats: z
            .strictObject({ subject, queue: z.string().min(1).optional(), lane: z.enum(LANES).optional() })
            .optional(),
          timer: z.strictObject({ seconds: z.number().positive() }).optional(),
        }),
      )
      .optional(),
  }),
);

export const DEFAULT_TIMEOUT_SECONDS = 6;

/** @throws ZodError if an event does not have its documented shape. */
export function readRoutes(functions: unknown, defaultTimeout = DEFAULT_TIMEOUT_SECONDS): Routes {
  const entries = Object.entries(functionsSchema.parse(functions));
  return {
    nats: entries.flatMap(([name, { events = [] }]) =>
      events.flatMap(({ nats }) =>
        nats === undefined
          ? []
          : [
              {
                function: name,
                subject: nats.subject,
                queue: nats.queue ?? name,
                lane: nats.lane ?? 'users',
              },
            ],
      ),
    ),
    timers: entries.flatMap(([name, { events = [] }]) =>
      events.flatMap(({ timer }) =>
        timer === undefined ? [] : [{ function: name, seconds: timer.seconds }],
      ),
    ),
    timeouts: Object.fromEntries(entries.map(([name, { timeout }]) => [name, timeout ?? defaultTimeout])),
    names: Object.fromEntries(entries.map(([key, { name }]) => [key, name ?? key])),
  };
}

export const routesSchema: z.ZodType<Routes> = z.object({
  nats: z.array(
    z.object({ function: z.string(), subject, queue: z.string(), lane: z.enum(LANES).default('users') }),
  ),
  timers: z.array(z.object({ function: z.string(), seconds: z.number().positive() })),
  timeouts: z.record(z.string(), z.number()),
  names: z.record(z.string(), z.string()),
});
