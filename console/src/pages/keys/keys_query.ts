export const keysKey = (tenant: string) => ['keys', tenant];
