// SPDX-License-Identifier: MIT
'use client';
import dynamic from 'next/dynamic';

export default dynamic(
  () => import('../../receive/receive-screen.tsx').then((module) => module.ReceiveScreen),
  { ssr: false },
);
