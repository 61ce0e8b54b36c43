export function takesNode(version: string): boolean;
