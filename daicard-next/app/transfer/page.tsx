// SPDX-License-Identifier: MIT
'use client';
import dynamic from 'next/dynamic';

export default dynamic(
  () => import('../../transfer/transfer-screen.tsx').then((module) => module.TransferScreen),
  { ssr: false },
);
