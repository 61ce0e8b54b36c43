export function sharedPath(...parts: string[]): string;
export const hasShared: boolean;
