// SPDX-License-Identifier: MIT
declare module 'secp256k1/bindings.js' {
  import type * as api from 'secp256k1';
  const bindings: typeof api;
  export default bindings;
}
