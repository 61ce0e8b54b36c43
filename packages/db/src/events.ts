/** Something about the row changed: read it again. */
export interface DatabaseEvent {
  type: "stage" | "run" | "worker";
  id: string;
}

export interface EventListener {
  onEvent(event: DatabaseEvent): void;
  /** The connection was lost and is back: events may have been missed, read everything again. */
  onGap?(): void;
}

export interface Events {
  publish(event: DatabaseEvent): Promise<void>;
  /** Resolves when listening. All listeners of a Database share one connection, which reconnects by itself. */
  listen(listener: EventListener | EventListener["onEvent"]): Promise<{ close(): Promise<void> }>;
}
