// SPDX-License-Identifier: MIT
'use client';
import dynamic from 'next/dynamic';

export default dynamic(
  () => import('../../settings/settings-screen.tsx').then((module) => module.SettingsScreen),
  { ssr: false },
);
