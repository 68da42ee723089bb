// SPDX-License-Identifier: MIT
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import type { Invoke } from '../dispatcher/dispatcher.ts';
import type { Routes } from '../dispatcher/routes.ts';

export interface LambdaOptions {
  /** Another place than AWS that speaks Lambda's API, such as serverless-offline. */
  readonly endpoint?: string;
  readonly region?: string;
  /** Connections kept to Lambda. */
  readonly sockets: number;
}

/** Runs functions through Lambda's API, once each: whether to ask again is for who asked. */
export function lambdaInvoker(
  routes: Routes,
  { endpoint, region, sockets }: LambdaOptions,
): { invoke: Invoke; close(): void } {
  const agents = { keepAlive: true, maxSockets: sockets };
  const client = new LambdaClient({
    ...(region === undefined ? {} : { region }),
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(endpoint !== undefined && isLoopback(endpoint) ? LOCAL_ACCESS : {}),
    maxAttempts: 1,
    requestHandler: { httpAgent: new HttpAgent(agents), httpsAgent: new HttpsAgent(agents) },
  });
  const invoke: Invoke = async (functionName, event) => {
    const abort = AbortSignal.timeout((routes.timeouts[functionName] ?? 30) * 1_000 + 2_000);
    const command = new InvokeCommand({
      FunctionName: routes.names[functionName] ?? functionName,
      InvocationType: 'RequestResponse',
      Payload: new TextEncoder().encode(JSON.stringify(event)),
    });
    const answer = await client.send(command, { abortSignal: abort });
    const text = new TextDecoder().decode(answer.Payload);
    if (answer.FunctionError !== undefined) throw new Error(`${answer.FunctionError}: ${text.slice(0, 500)}`);
    return replyIn(text);
  };
  return { invoke, close: () => client.destroy() };
}

/** Lambda encodes what a function returned as JSON. serverless-offline only puts quotes around a string. */
function replyIn(payload: string): string | null {
  if (payload === '') return null;
  try {
    const value: unknown = JSON.parse(payload);
    return typeof value === 'string' ? value : null;
  } catch (error) {
    if (/^".*"$/s.test(payload)) return payload.slice(1, -1);
    throw error;
  }
}

const LOCAL_ACCESS = { region: 'us-east-1', credentials: { accessKeyId: 'local', secretAccessKey: 'local' } };

function isLoopback(endpoint: string): boolean {
  return ['localhost', '127.0.0.1', '[::1]'].includes(new URL(endpoint).hostname);
}
