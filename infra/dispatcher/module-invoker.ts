// SPDX-License-Identifier: MIT
import { randomUUID } from 'node:crypto';
import type { Invoke } from './dispatcher.ts';
import { DEFAULT_TIMEOUT_SECONDS, type Routes } from './routes.ts';

export interface LambdaContext {
  readonly functionName: string;
  readonly awsRequestId: string;
  getRemainingTimeInMillis(): number;
}
export type Handler = (event: unknown, context: LambdaContext) => unknown;

/** Calls handlers in this process, each loaded once, none for longer than its function may take. */
export function moduleInvoker(routes: Routes, load: (functionName: string) => Promise<Handler>): Invoke {
  const loaded = new Map<string, Promise<Handler>>();
  const ready = new Map<string, Handler>();
  const handlerOf = (functionName: string): Promise<Handler> => {
    const known = loaded.get(functionName);
    if (known !== undefined) return known;
    const loading = load(functionName).then((handler) => {
      ready.set(functionName, handler);
      return handler;
    });
    loaded.set(functionName, loading);
    return loading;
  };
  return async (functionName, event) => {
    const handler = ready.get(functionName) ?? (await handlerOf(functionName));
    const limit = (routes.timeouts[functionName] ?? DEFAULT_TIMEOUT_SECONDS) * 1_000;
    const end = Date.now() + limit;
    const context = {
      functionName,
      awsRequestId: randomUUID(),
      getRemainingTimeInMillis: () => Math.max(0, end - Date.now()),
    };
    const answer = await within(limit, handler(event, context));
    return typeof answer === 'string' ? answer : null;
  };
}

function within<T>(milliseconds: number, work: T | Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(
      () => reject(new Error(`took longer than ${milliseconds / 1_000} s`)),
      milliseconds,
    );
    Promise.resolve(work).then(
      (value) => {
        clearTimeout(timer);
        resolve(value);
      },
      (error: unknown) => {
        clearTimeout(timer);
        reject(error instanceof Error ? error : new Error(String(error)));
      },
    );
  });
}
