// SPDX-License-Identifier: MIT
import { readFile } from 'node:fs/promises';
import { ConfigurationError } from './load-config.ts';
import type { SecretReference } from './hub-config.ts';

/**
 * The secret a reference names, without surrounding white space.
 * @throws ConfigurationError if it cannot be had; the message never contains the secret.
 */
export async function readSecret(reference: SecretReference): Promise<string> {
  const text = (await fetchSecret(reference))?.trim();
  if (text === undefined || text === '')
    throw new ConfigurationError([`no secret in ${describe(reference)}`]);
  return text;
}

async function fetchSecret(reference: SecretReference): Promise<string | undefined> {
  switch (reference.kind) {
    case 'environment':
      return process.env[reference.name];
    case 'file':
      return readFile(reference.path, 'utf8').catch(() => undefined);
    case 'secrets-manager': {
      // Loaded only where it is used: the client costs a function 40 ms of cold start.
      const { SecretsManagerClient, GetSecretValueCommand } = await import('@aws-sdk/client-secrets-manager');
      const answer = await new SecretsManagerClient({}).send(
        new GetSecretValueCommand({ SecretId: reference.id }),
      );
      return answer.SecretString;
    }
  }
}

function describe(reference: SecretReference): string {
  switch (reference.kind) {
    case 'environment':
      return `the environment variable ${reference.name}`;
    case 'file':
      return `the file ${reference.path}`;
    case 'secrets-manager':
      return `the stored secret ${reference.id}`;
  }
}
