/** A URL of this machine to which a browser comes while a person signs in. */
export interface Loopback {
  /** To which a page sends the browser back. */
  readonly uri: string;
  /** A URL that leads to a page, once: for pages whose URL is not to be seen by others, as the arguments of a browser are. */
  leadTo(page: string): string;
  /** Resolves with what the browser brings with this state, once; any other is turned away. */
  comeBack(state: string): Promise<Return>;
  close(): Promise<void>;
}

export interface Return {
  readonly query: URLSearchParams;
  /** What the person reads in the browser. @param isDone whether it can be closed, or the terminal says what is wrong */
  show(isDone: boolean): void;
}
