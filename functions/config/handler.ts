// SPDX-License-Identifier: MIT
/** `GET` or `POST /v1/config`: what anybody may know about this hub. */
import { loadConfig } from '../../infra/config/load-config.ts';
import { readHubKey } from '../../infra/config/read-hub-key.ts';
import { decodeRequest, newCorrelationId } from '../../lib/messaging/envelope.ts';
import { httpBody, httpReply, type HttpEvent, type HttpReply } from '../../lib/messaging/http-event.ts';
import { fault } from '../../lib/protocol/errors.ts';
import { identifierOf } from '../../lib/protocol/identifier.ts';
import { err, ok } from '../../lib/protocol/result.ts';
import { addressOfPrivateKey, publicKey } from '../../lib/signing/native.ts';
import { publicConfig } from './public-config.ts';

const MAX_BYTES = 8_192;
let answer: Promise<unknown> | undefined;

export const handler = async (event: HttpEvent): Promise<HttpReply> => {
  let id = newCorrelationId();
  if (event.requestContext?.http?.method !== 'GET') {
    const decoded = decodeRequest(httpBody(event), MAX_BYTES);
    if (!decoded.request.ok) return httpReply(decoded.id, decoded.request);
    id = decoded.id;
  }
  answer ??= describe();
  try {
    return httpReply(id, ok(await answer));
  } catch (error) {
    answer = undefined;
    console.error(JSON.stringify({ level: 'error', function: 'config', id, message: String(error) }));
    return httpReply(id, err(fault('internal')));
  }
};

async function describe(): Promise<unknown> {
  const config = loadConfig();
  const key = Buffer.from((await readHubKey(config)).slice(2), 'hex');
  const host = new URL(config.publicUrl).host;
  return publicConfig(config, {
    identifier: identifierOf(publicKey(key), host),
    address: addressOfPrivateKey(key),
  });
}
