import { download } from './http';
import { pathOf, type LinkName } from './links';

export const kQrLevels = ['L', 'M', 'Q', 'H'] as const;
export type QrLevel = (typeof kQrLevels)[number];

export interface QrStyle {
  /** Width and height in pixels. */
  size: number;
  /** The quiet zone, in modules. */
  margin: number;
  /** Six hexadecimal digits. */
  color: string;
  /** As `color`, or "transparent". */
  background: string;
  level: QrLevel;
}

export async function getQr(
  tenant: string,
  name: LinkName,
  format: 'svg' | 'png',
  style: QrStyle,
  signal?: AbortSignal,
): Promise<Blob> {
  const query = { domain: name.domain, format, ...style };
  return download(pathOf(name, 'qr'), { tenant, query, signal });
}
