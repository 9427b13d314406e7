export interface PartHealth {
  readonly name: string;
  /** `embedded` or the server's address without credentials. */
  readonly where: string;
  readonly state: 'up' | 'down';
  /** Without it this role cannot serve. */
  readonly vital: boolean;
  /** Who does its work at present; absent: it does so itself. */
  readonly standIn?: string;
}

export interface HealthService {
  parts(): Promise<readonly PartHealth[]>;
}
