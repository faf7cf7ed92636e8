import { call, download } from './http';
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
  /** The tenant's, or the domain's, in the middle; the level is then H. */
  logo: boolean;
}

const kLogoPath = '/v1/link-qr-logo';

/** A PNG, for all links of the tenant. */
export async function putQrLogo(tenant: string, file: Blob): Promise<void> {
  await call<unknown>('PUT', kLogoPath, { tenant, file });
}

export async function deleteQrLogo(tenant: string): Promise<void> {
  await call<undefined>('DELETE', kLogoPath, { tenant });
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
