import { RetortError } from "@retort/engine";
import type {
  DoneOfTotal,
  LogLine,
  MessageFromChild,
  MessageToChild,
  MetricPoint,
  Request,
} from "../runner/messages.ts";

const sendAfterMs = 50;
const sendAfterReports = 1_000;

/** An attempt's end of the line to its worker. Reports are gathered for a moment; a request goes out after all reports before it. */
export class Channel {
  readonly #send: Send;
  #points: MetricPoint[] = [];
  #lines: LogLine[] = [];
  #progress: DoneOfTotal | null = null;
  #timer: NodeJS.Timeout | undefined;
  #nextId = 1;
  readonly #waiting = new Map<number, PromiseWithResolvers>();

  constructor(send: Send) {
    this.#send = send;
  }

  point(point: MetricPoint): void {
    this.#points.push(point);
    this.#schedule();
  }

  line(line: LogLine): void {
    this.#lines.push(line);
    this.#schedule();
  }

  progress(progress: DoneOfTotal): void {
    this.#progress = progress;
    this.#schedule();
  }

  /** Resolves when the worker has made it safe. @throws RetortError when the worker could not. */
  request(request: Request): Promise<void> {
    this.#flush();
    const id = this.#nextId++;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.#send({ type: "request", id, request });
    });
  }

  reply({ id, failure }: Extract<MessageToChild, { type: "reply" }>): void {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    if (failure === undefined) waiting?.resolve();
    else waiting?.reject(new RequestError(failure));
  }

  /** The last word of the attempt; resolves when it is on its way. */
  async end(message: MessageFromChild): Promise<void> {
    this.#flush();
    await new Promise<void>((resolve) => this.#send(message, resolve));
  }

  #schedule(): void {
    if (this.#points.length + this.#lines.length >= sendAfterReports) this.#flush();
    else this.#timer ??= setTimeout(() => this.#flush(), sendAfterMs);
  }

  #flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#points.length === 0 && this.#lines.length === 0 && this.#progress === null) return;
    this.#send({ type: "reports", points: this.#points, lines: this.#lines, progress: this.#progress });
    this.#points = [];
    this.#lines = [];
    this.#progress = null;
  }
}

/** Calls back when the message is on its way. */
type Send = (message: MessageFromChild, sent?: () => void) => void;

interface PromiseWithResolvers {
  resolve(): void;
  reject(error: Error): void;
}

type RequestFailure = NonNullable<Extract<MessageToChild, { type: "reply" }>["failure"]>;

/** What the worker could not do, with the kind of failure that it found. */
export class RequestError extends RetortError {
  override name = "RequestError";
  readonly failure: RequestFailure;

  constructor(failure: RequestFailure) {
    super(failure);
    this.failure = failure;
  }
}
