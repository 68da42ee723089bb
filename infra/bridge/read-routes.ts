// SPDX-License-Identifier: MIT
import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { parse } from 'yaml';
import { readRoutes, routesSchema, type Routes } from '../dispatcher/routes.ts';

const serverlessSchema = z.looseObject({
  service: z.string(),
  provider: z.looseObject({ timeout: z.number().optional() }),
  functions: z.record(z.string(), z.looseObject({ name: z.string().optional() })),
});

/**
 * The table of subjects and functions: from nats-routes.json, which `serverless package` writes, or from serverless.yml
 * itself, whose functions are then called as serverless names them at that stage.
 */
export async function routesFrom(file: string, stage: string): Promise<Routes> {
  const text = await readFile(file, 'utf8');
  if (file.endsWith('.json')) return routesSchema.parse(JSON.parse(text));
  const { service, provider, functions } = serverlessSchema.parse(parse(text, { logLevel: 'silent' }));
  const named = Object.entries(functions).map(([key, definition]) => [
    key,
    { name: `${service}-${stage}-${key}`, ...definition },
  ]);
  return readRoutes(Object.fromEntries(named), provider.timeout);
}
