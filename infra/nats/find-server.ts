// SPDX-License-Identifier: MIT
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

const TOOLS = join(import.meta.dirname, '..', '..', '.indra', 'tools');

/** nats-server on PATH, or the one the set-up fetched; undefined if there is neither. */
export function findNatsServer(path: string): string | undefined {
  return [...path.split(delimiter), TOOLS].map((folder) => join(folder, 'nats-server')).find(executable);
}

function executable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
