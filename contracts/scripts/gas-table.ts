// SPDX-License-Identifier: MIT
/** `contracts/gas-snapshot.json`: what each operation cost when it was last written, and what it is compared with. */
import { readFileSync, writeFileSync } from 'node:fs';

import type { Measured } from './gas-operations.ts';
import peers from './peers.json' with { type: 'json' };

/** A figure another system publishes of the same thing. */
interface PeerFigure {
  readonly peer: string;
  readonly gas: number;
  readonly includes: string;
}

export interface Row extends Measured {
  /** The same operation by the contracts and the calls of before the present rules, measured by the same script. */
  readonly before: number | null;
  /** The least that is published; null where nothing is. */
  readonly best: PeerFigure | null;
  /** By how much it is above either. */
  readonly above: { readonly before?: number; readonly best?: number };
  /** Why, where it is above; kept when the file is written anew. */
  readonly note?: string;
}

const file = new URL('../gas-snapshot.json', import.meta.url);

export function readTable(): Row[] {
  return JSON.parse(readFileSync(file, 'utf8')) as Row[];
}

export function tableOf(measured: readonly Measured[], known: readonly Row[]): Row[] {
  const kept = new Map(known.map((row) => [row.operation, row]));
  return measured.map((row) => {
    const before = kept.get(row.operation)?.before ?? null;
    const best = bestOf(row.operation);
    const above = {
      ...(before !== null && row.gas > before && { before: row.gas - before }),
      ...(best !== null && row.gas > best.gas && { best: row.gas - best.gas }),
    };
    const note = kept.get(row.operation)?.note;
    return { ...row, before, best, above, ...(note !== undefined && { note }) };
  });
}

export function writeTable(rows: readonly Row[]): void {
  writeFileSync(file, `[\n${rows.map((row) => JSON.stringify(row)).join(',\n')}\n]\n`);
}

/** What is wrong with a measurement: costs that rose, rows that are gone or new, and rises nobody gave a reason for. */
export function problemsOf(rows: readonly Row[], known: readonly Row[]): string[] {
  const snapshot = new Map(known.map((row) => [row.operation, row.gas]));
  const measured = new Set(rows.map(({ operation }) => operation));
  return [
    ...rows
      .filter(({ operation, gas }) => gas > (snapshot.get(operation) ?? 0))
      .map(
        ({ operation, gas }) =>
          `${operation}: ${gas} gas, ${snapshot.get(operation) ?? 'nothing'} in the snapshot`,
      ),
    ...known
      .filter(({ operation }) => !measured.has(operation))
      .map(({ operation }) => `${operation}: no longer measured`),
    ...rows
      .filter(({ above, note }) => Object.keys(above).length > 0 && note === undefined)
      .map(({ operation }) => `${operation}: above what it is compared with, and no note says why`),
  ];
}

function bestOf(operation: string): PeerFigure | null {
  const figures = peers.flatMap(({ peer, figures: all }) =>
    all.filter((one) => one.operation === operation).map(({ gas, includes }) => ({ peer, gas, includes })),
  );
  return figures.sort((a, b) => a.gas - b.gas)[0] ?? null;
}
