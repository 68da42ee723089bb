// SPDX-License-Identifier: MIT
'use client';
import dynamic from 'next/dynamic';

export default dynamic(
  () => import('../../history/history-screen.tsx').then((module) => module.HistoryScreen),
  { ssr: false },
);
