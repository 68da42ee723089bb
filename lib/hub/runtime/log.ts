// SPDX-License-Identifier: MIT
import pino from 'pino';
import type { HubConfig } from '../../../infra/config/hub-config.ts';
import type { Log } from '../ports.ts';

/** One JSON object a line on standard output. Causes of failures are written whole, secrets never: nothing logged holds one. */
export const createLog = (level: HubConfig['logLevel']): Log & { with(fields: object): Log } => {
  const root = pino({
    level,
    base: null,
    formatters: { level: (label) => ({ level: label }) },
    serializers: { cause: pino.stdSerializers.err },
  });
  return Object.assign(root, { with: (fields: object): Log => root.child(fields) });
};
